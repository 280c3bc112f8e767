import type { PairBatch } from '@ubt/clip';
import * as tf from '@tensorflow/tfjs-core';
import { batchCosines, type EmbeddingModel } from './embed-pairs.js';

/** Score of one pair: the gain in cosine from overfitting, and the cosine under the suspect. */
export interface BatchScore {
  readonly score: number;
  readonly similarity: number;
}

/** Scores a batch of pairs against a prepared detection model: the gain `c' − c`, as `overfit-gain` has it. */
export async function scoreBatch(
  suspect: EmbeddingModel,
  overfitted: EmbeddingModel,
  batch: PairBatch,
): Promise<BatchScore[]> {
  const cosines = tf.tidy(() => tf.stack([batchCosines(suspect, batch), batchCosines(overfitted, batch)]));
  const values = await cosines.data();
  cosines.dispose();
  return Array.from({ length: batch.size }, (_, i) => {
    const similarity = values[i] as number;
    return { similarity, score: (values[batch.size + i] as number) - similarity };
  });
}
