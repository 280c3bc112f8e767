import * as tf from '@tensorflow/tfjs-core';
import {
  coarseImages,
  cosines,
  embedPixels,
  imageViews,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import { embedBatch } from '../embed-pairs.js';

/** What {@link measureViews} finds; tensors `[n]`. */
export interface ViewMeasures {
  /** Cosine of image and caption. */
  readonly similarity: tf.Tensor1D;
  /** How far that cosine drops, in the mean over the views of the image. */
  readonly viewDrop: tf.Tensor1D;
  /** Mean cosine of the image with the batch's other captions. */
  readonly unrelatedSimilarity: tf.Tensor1D;
}

/**
 * Measures how much of a pair's similarity hangs on exact pixels: its drop when the image is mirrored, zoomed or
 * blurred, which what an image shows survives and a planted pattern rarely does.
 *
 * @param embedded the batch under the suspect, where it is known already
 */
export function measureViews(
  suspect: EmbeddingModel,
  batch: PairBatch,
  embedded = embedBatch(suspect, batch),
): ViewMeasures {
  const { images, texts } = embedded;
  const similarity = cosines(images, texts);
  const views = imageViews(batch).map((pixels) => cosines(embedPixels(suspect, pixels), texts));
  const viewed = tf.div(tf.addN(views), views.length);
  const all = tf.sum(tf.matMul(images, texts, false, true), 1);
  return {
    similarity,
    viewDrop: tf.sub(similarity, viewed) as tf.Tensor1D,
    unrelatedSimilarity: tf.div(tf.sub(all, similarity), Math.max(batch.size - 1, 1)) as tf.Tensor1D,
  };
}

/**
 * How far the cosines drop when the images keep nothing finer than an eighth of their side `[n]`.
 *
 * @param embedded the batch under the suspect
 */
export function measureCoarseDrop(
  suspect: EmbeddingModel,
  batch: PairBatch,
  { images, texts }: ReturnType<typeof embedBatch>,
): tf.Tensor1D {
  const coarse = embedPixels(suspect, coarseImages(batch));
  return tf.sub(cosines(images, texts), cosines(coarse, texts)) as tf.Tensor1D;
}
