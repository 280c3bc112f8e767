import type { EngineOptions } from '@ubt/engine';
import { z } from 'zod';
import type { ObjectiveFactory } from './training-objective.js';

const count = z.int().min(1).max(1_000_000_000);
const share = z.number().min(0).max(1);

/** The recipe: everything that decides what a training run does, with the defaults of the demo. */
export const recipeSchema = z.strictObject({
  /** Optimiser steps. */
  steps: count.default(1000),
  /** Pairs in a step. */
  batchSize: z.int().min(2).max(65_536).default(128),
  /** Peak learning rate of AdamW. */
  learningRate: z.number().positive().default(2e-3),
  /** Share of the steps in which the learning rate climbs from 0 in a line. */
  warmup: share.default(0.1),
  /** What is left of the learning rate after the cosine, as a share of the peak. */
  finalLearningRate: share.default(0),
  weightDecay: z.number().min(0).default(0.05),
  beta1: share.default(0.9),
  beta2: share.default(0.98),
  /** Upper bound of the gradient's norm; 0 for none. */
  clipNorm: z.number().min(0).default(1),
  /** Batch normalisation by the batch's own statistics (`train`) or the stored ones (`frozen`). */
  batchNorm: z.enum(['train', 'frozen']).default('train'),
  /** Chance that an image is mirrored when it is shown. */
  flip: share.default(0),
  /** Images are moved by up to this many pixels each way when they are shown. */
  shift: z.int().min(0).max(64).default(0),
  /** Decides weights, order and augmentation. */
  seed: z.int().min(0).max(0xffffffff).default(1),
});

/** The shape of a model that is trained from scratch. */
export const shapeSchema = z.strictObject({
  /** `conv`: a small ModifiedResNet in open_clip's format; `vit`: a small ViT in Hugging Face's. */
  preset: z.enum(['conv', 'vit']).default('conv'),
  /** Side of the images in pixels: a multiple of 32 for `conv`, of the patch for `vit`. */
  imageSize: count.default(32),
  /** Channels after the stem (`conv`), or of the tokens (`vit`); default 16 and 128. */
  visionWidth: count.optional(),
  /** Blocks per stage (`conv`, four numbers), or blocks (`vit`, one); default 1 1 1 1 and 4. */
  visionLayers: z.union([count, z.tuple([count, count, count, count])]).optional(),
  /** Side of a patch in pixels, `vit` only. */
  patchSize: count.default(4),
  textWidth: count.default(64),
  textLayers: count.default(1),
  /** Width of one attention head in the text tower and the `vit`. */
  headWidth: count.default(32),
  embedDim: count.default(64),
  /** Longest caption in tokens, begin and end included. */
  contextLength: count.default(16),
  /** Most tokens of the vocabulary that is learnt from the captions. */
  vocabSize: count.default(2048),
});

/** A complete recipe. */
export type Recipe = z.output<typeof recipeSchema>;

/** A complete shape. */
export type ModelShape = z.output<typeof shapeSchema>;

/** Options of {@link trainClip}. */
export interface TrainOptions {
  /** CSV or TSV of pairs. */
  readonly pairs: string;
  /** Further folders that the pairs' images may lie in. */
  readonly roots?: readonly string[];
  /** Folder of the trained checkpoint; must not exist. */
  readonly out: string;
  /** Checkpoint to go on from; without it a model of `shape` starts from random weights. */
  readonly from?: string;
  readonly shape?: z.input<typeof shapeSchema>;
  readonly recipe?: z.input<typeof recipeSchema>;
  /** What is minimised; default: the symmetric InfoNCE loss. */
  readonly objective?: ObjectiveFactory;
  readonly engine?: EngineOptions;
  /** Folder for decoded images while training; default: the system's temporary folder. */
  readonly workDir?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
}

/** Where a training run is, after each step. */
export interface TrainProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly pairsPerSecond: number;
}

/** What came out of a training run. */
export interface TrainResult {
  /** The checkpoint's folder. */
  readonly dir: string;
  readonly parameters: number;
  /** Loss of every step. */
  readonly losses: readonly number[];
  readonly seconds: number;
  readonly recipe: Recipe;
}
