import type * as tf from '@tensorflow/tfjs-core';
import {
  captionTokens,
  contrastiveLoss,
  embedImages,
  embedTexts,
  logitScale,
  normalisePixels,
  type BatchNormMode,
  type Checkpoint,
  type ClipModel,
  type PairBatch,
} from '@ubt/clip';
import type { PairManifest } from '@ubt/data';

/** A batch's unit-norm embeddings. */
export interface EmbeddedPairs {
  /** `[n, d]` */
  readonly images: tf.Tensor2D;
  /** `[n, d]` */
  readonly texts: tf.Tensor2D;
}

/** What a training minimises, and on which weights. */
export interface TrainingObjective {
  /** Gets ready what the loss of this batch needs beside it; runs before each step. */
  prepare?(batch: PairBatch): Promise<void>;
  /** Scalar loss of the batch prepared last. */
  loss(batch: PairBatch): tf.Scalar;
  /** Whether a tensor is trained, by name; all of them unless told. */
  trains?(name: string): boolean;
  dispose?(): void;
}

/** What an objective is made for. */
export interface ObjectiveSubject {
  readonly checkpoint: Checkpoint;
  readonly manifest: PairManifest;
  readonly batchNorm: BatchNormMode;
  readonly signal: AbortSignal | undefined;
}

/** Makes an objective for the model that is trained; it may read files and copy the model. */
export type ObjectiveFactory = (subject: ObjectiveSubject) => Promise<TrainingObjective>;

/** Embeds a batch as training does. @returns tensors that the caller disposes */
export function embedPairs(
  model: ClipModel,
  { preprocess }: Pick<Checkpoint, 'preprocess'>,
  { pixels, tokens, size }: Pick<PairBatch, 'pixels' | 'tokens' | 'size'>,
  batchNorm: BatchNormMode,
): EmbeddedPairs {
  return {
    images: embedImages(model, normalisePixels(pixels, preprocess), { batchNorm }),
    texts: embedTexts(model, captionTokens(model.config.text, tokens, size)),
  };
}

/** The symmetric InfoNCE loss: how CLIP is trained. */
export const contrastive: ObjectiveFactory = async ({ checkpoint, batchNorm }) => ({
  loss(batch) {
    const { images, texts } = embedPairs(checkpoint.model, checkpoint, batch, batchNorm);
    return contrastiveLoss(images, texts, logitScale(checkpoint.model));
  },
});
