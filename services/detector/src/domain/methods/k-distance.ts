import { cosines, type EmbeddingModel } from '@ubt/clip';
import * as tf from '@tensorflow/tfjs-core';
import { embedBatch, measurePairs } from '../embed-pairs.js';
import type { Measure } from '../measure.js';
import type { DetectionMethod } from './detection-method.js';

/** Which neighbour is looked at, as published. */
const NEIGHBOUR = 16;

/** The cosine under the suspect, and the distance to the neighbour. */
export const neighbourMeasure: Measure<'similarity' | 'distance', { readonly suspect: EmbeddingModel }> = {
  name: 'neighbour-distance',
  apply: (batch, { suspect }) => {
    const { images, texts } = embedBatch(suspect, batch);
    return { similarity: cosines(images, texts), distance: kthNeighbourDistances(images) };
  },
};

/**
 * Distance of an image's embedding to its 16th nearest neighbour within the batch: far from everything is
 * suspicious (arXiv 2502.01385, k-dist).
 */
export const kDistance: DetectionMethod = {
  name: 'k-distance',
  needsReference: false,
  async detect({ suspect, pairs, options: { precision }, signal, progress }) {
    const { rows, columns } = await measurePairs(pairs, { suspect }, neighbourMeasure, {
      ...{ signal, precision },
      onBatch: (done) => progress('scoring pairs', done, pairs.length, 'pairs'),
    });
    return {
      rows,
      scores: columns.distance,
      signals: { similarity: columns.similarity },
      curve: [],
      overfitted: {},
    };
  },
};

/** Euclidean distance of each unit vector in `[n, d]` to its k-th nearest neighbour, itself left out. */
function kthNeighbourDistances(images: tf.Tensor2D): tf.Tensor1D {
  const cosine = tf.matMul(images, images, false, true);
  // The nearest is the vector itself, so the k-th neighbour is the one after k.
  const k = Math.min(NEIGHBOUR + 1, images.shape[0]);
  const kth = tf.squeeze(tf.slice(tf.topk(cosine, k).values, [0, k - 1], [-1, 1]), [1]);
  return tf.sqrt(tf.relu(tf.sub(2, tf.mul(kth, 2))));
}
