import * as tf from '@tensorflow/tfjs-core';

/**
 * Cross-entropy of finding each row's partner among all partners, in one direction: the self-supervised part of
 * CleanCLIP.
 *
 * @param rows unit-norm `[n, d]`
 * @param partners unit-norm `[n, d]`; row i belongs to row i
 * @param scale inverse temperature, a scalar
 * @returns a scalar ≥ 0
 */
export function matchLoss(rows: tf.Tensor2D, partners: tf.Tensor2D, scale: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.mean(pairLosses(rows, partners, scale)) as tf.Scalar);
}

/** The same for each row, `[n]`. */
export function pairLosses(rows: tf.Tensor2D, partners: tf.Tensor2D, scale: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => {
    const logits = tf.mul(tf.matMul(rows, partners, false, true), scale);
    return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), tf.eye(rows.shape[0])), 1));
  });
}
