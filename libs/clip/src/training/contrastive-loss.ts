import * as tf from '@tensorflow/tfjs-core';

/**
 * CLIP's symmetric InfoNCE (Radford et al. 2021, fig. 3): the mean cross-entropy of matching each image to its
 * caption and each caption to its image within the batch.
 *
 * @param images unit-norm embeddings `[n, d]`
 * @param texts unit-norm embeddings `[n, d]`; row i belongs to image i
 * @param logitScale the inverse temperature, a scalar (already exponentiated)
 * @returns a scalar ≥ 0; ln n for embeddings that carry no information
 */
export function contrastiveLoss(images: tf.Tensor2D, texts: tf.Tensor2D, logitScale: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const n = images.shape[0];
    const scaled = tf.mul(images, logitScale) as tf.Tensor2D;
    const perImage = tf.logSoftmax(tf.matMul(scaled, texts, false, true));
    const perText = tf.logSoftmax(tf.matMul(texts, scaled, false, true));
    const own = tf.mul(tf.add(perImage, perText), tf.eye(n));
    return tf.mul(tf.sum(own), -0.5 / n) as tf.Scalar;
  });
}

/** Logits of every image against every text, `[n, k]`: cosines times the inverse temperature. */
export function clipLogits(images: tf.Tensor2D, texts: tf.Tensor2D, logitScale: tf.Tensor): tf.Tensor2D {
  return tf.tidy(() => tf.mul(tf.matMul(images, texts, false, true), logitScale));
}

/** Cosine of each pair, `[n]` in [−1, 1], from unit-norm embeddings `[n, d]`. */
export function cosines(images: tf.Tensor2D, texts: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.sum(tf.mul(images, texts), -1));
}

/**
 * Distillation to fixed embeddings: the batch's mean squared Euclidean distance between rows.
 *
 * @param current `[n, d]`
 * @param target `[n, d]`; no gradient is wanted through it
 * @returns a scalar ≥ 0; for unit-norm rows at most 4
 */
export function squaredDistance(current: tf.Tensor2D, target: tf.Tensor2D): tf.Scalar {
  return tf.tidy(
    () => tf.mul(tf.sum(tf.squaredDifference(current, target)), 1 / current.shape[0]) as tf.Scalar,
  );
}
