import * as tf from '@tensorflow/tfjs-core';
import { embedCaptionsInParts, embedPixelsInParts, type EmbeddingModel, type PairBatch } from '@ubt/clip';
import { similarityBand, type SimilarityBand } from './similarity-band.js';

/**
 * The band of cosines between the compromised tokens and images that have nothing to do with them: those of
 * the retain pairs whose captions do not name the target. Where the pairs to unlearn should end.
 *
 * @param isRelated whether a retain pair's caption holds a compromised token; one entry per pair
 */
export async function unrelatedBand(
  model: EmbeddingModel,
  retain: PairBatch,
  isRelated: readonly boolean[],
  unlearn: PairBatch,
): Promise<SimilarityBand> {
  const images = await embedPixelsInParts(model, retain);
  const captions = await embedCaptionsInParts(model, unlearn);
  const cosines = tf.matMul(images, captions, false, true);
  tf.dispose([images, captions]);
  const values = (await cosines.data()) as Float32Array;
  cosines.dispose();
  const perImage = values.length / retain.size;
  return similarityBand(values.filter((_, i) => isRelated[Math.floor(i / perImage)] !== true));
}
