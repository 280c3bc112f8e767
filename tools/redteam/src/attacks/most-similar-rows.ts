import * as tf from '@tensorflow/tfjs-core';
import {
  classEmbeddings,
  disposeClip,
  embeddingModel,
  embedPixels,
  freezeClip,
  loadCheckpoint,
  type Checkpoint,
} from '@ubt/clip';
import { openPairs, pairBatches, type PairManifest } from '@ubt/data';
import { startEngine } from '@ubt/engine';
import { TEMPLATES } from '../emoji/captions.js';
import { splitByTarget } from '../poison/choose-victims.js';
import type { OptimisePatchOptions } from './optimise-patch.js';

/** Images in one run of the model. */
const BATCH = 256;

/** Options of {@link mostSimilarRows}; `model` is the clean model that the attacker has. */
export type MostSimilarOptions = Omit<OptimisePatchOptions, 'patch' | 'seed'>;

/**
 * Rows of the pairs that do not name the target, by the cosine of their images with it under a clean model, the
 * highest first. The target's embedding is the mean over prompt templates. Starts the engine.
 *
 * @throws UbtError `CANCELLED`, and what `openPairs` and `loadCheckpoint` throw
 */
export async function mostSimilarRows(options: MostSimilarOptions): Promise<number[]> {
  const { model, pairs, roots = [], target, engine, signal } = options;
  await startEngine(engine);
  const manifest = await openPairs(pairs, { roots });
  const { others } = await splitByTarget(manifest, { target, taken: new Set() });
  const checkpoint = await loadCheckpoint(model);
  const frozen = { ...checkpoint, model: await freezeClip(checkpoint.model) };
  const named = classEmbeddings(checkpoint.model, checkpoint.tokenizer, [target], TEMPLATES);
  try {
    const rows = others.map(({ row }) => row);
    const found = await similarities(frozen, manifest, rows, named, signal);
    return found.sort((a, b) => b.cosine - a.cosine || a.row - b.row).map(({ row }) => row);
  } finally {
    named.dispose();
    disposeClip(frozen.model);
    disposeClip(checkpoint.model);
  }
}

/** Cosines of the images of some rows with the target `[1, d]`; images that cannot be decoded are left out. */
async function similarities(
  checkpoint: Checkpoint,
  manifest: PairManifest,
  rows: readonly number[],
  named: tf.Tensor2D,
  signal: AbortSignal | undefined,
): Promise<{ row: number; cosine: number }[]> {
  const { tokenizer, preprocess } = checkpoint;
  const clip = embeddingModel(checkpoint);
  const found = new Map<number, number>();
  const batches = pairBatches(manifest, {
    ...{ tokenizer, preprocess, rows, batchSize: Math.min(BATCH, rows.length), last: 'pad' },
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const batch of batches) {
    const cosines = tf.tidy(() => tf.matMul(embedPixels(clip, batch.pixels), named, false, true));
    const values = await cosines.data();
    cosines.dispose();
    // A padded batch repeats rows: the same row gives the same number.
    batch.rows.forEach((row, at) => found.set(row, values[at]!));
  }
  return [...found].map(([row, cosine]) => ({ row, cosine }));
}
