import * as tf from '@tensorflow/tfjs-core';
import type { PairBatch } from '@ubt/clip';
import type { EmbeddingModel } from './embedding-model.js';
import { similarityBand, type SimilarityBand } from './similarity-band.js';
import { embedCaptions, embedPixels } from './unlearn-loss.js';

/**
 * The band of cosines between the compromised tokens and images that have nothing to do with them: those of
 * the retain pairs. Where the pairs to unlearn should end.
 */
export async function unrelatedBand(
  model: EmbeddingModel,
  retain: PairBatch,
  unlearn: PairBatch,
): Promise<SimilarityBand> {
  const cosines = tf.tidy(() =>
    tf.matMul(embedPixels(model, retain.pixels), embedCaptions(model, unlearn), false, true),
  );
  const values = (await cosines.data()) as Float32Array;
  cosines.dispose();
  return similarityBand(values);
}
