import * as tf from '@tensorflow/tfjs-core';
import { batchNormTrain } from './batch-norm.js';
import { weight, type Weights } from './weights.js';

/**
 * `frozen` normalises with the stored statistics, which never change (the default: small or chosen batches
 * would spoil them); `train` normalises with the batch's own and moves the stored ones towards them.
 */
export type BatchNormMode = 'frozen' | 'train';

/** torch's `BatchNorm2d` default. */
const EPSILON = 1e-5;

/**
 * A convolution without bias followed by batch normalisation (Ioffe & Szegedy 2015): `x [n, h, w, c]` →
 * `[n, h/stride, w/stride, out]`. Kernels are `[out, c, size, size]`, of size 1 or 3 (padded by 1).
 *
 * With frozen statistics the normalisation is affine and is folded into the kernel, so it costs no pass over
 * the activations in either direction; gradients still reach kernel, gain and bias.
 */
export function convNorm(
  weights: Weights,
  conv: string,
  norm: string,
  x: tf.Tensor4D,
  mode: BatchNormMode,
  stride: 1 | 2 = 1,
): tf.Tensor4D {
  const kernel = weight<tf.Rank.R4>(weights, `${conv}.weight`);
  if (mode === 'train') return batchNormTrain(weights, norm, convolve(x, kernel, stride), EPSILON);
  const variance = weight(weights, `${norm}.running_var`);
  const scale = tf.mul(weight(weights, `${norm}.weight`), tf.rsqrt(tf.add(variance, EPSILON)));
  const shift = tf.sub(
    weight(weights, `${norm}.bias`),
    tf.mul(weight(weights, `${norm}.running_mean`), scale),
  );
  const folded = tf.mul(kernel, tf.reshape(scale, [kernel.shape[0], 1, 1, 1]));
  return tf.add(convolve(x, folded as tf.Tensor4D, stride), shift);
}

/** A pointwise convolution is a matrix product and needs no layout change; the others go through conv2d. */
function convolve(x: tf.Tensor4D, kernel: tf.Tensor4D, stride: 1 | 2): tf.Tensor4D {
  const [outputs, inputs, size] = kernel.shape;
  if (size === 1) {
    const [n, height, width] = x.shape;
    const rows = tf.reshape(x, [n * height * width, inputs]);
    const y = tf.matMul(rows, tf.reshape(kernel, [outputs, inputs]), false, true);
    return tf.reshape(y, [n, height, width, outputs]);
  }
  return tf.conv2d(x, tf.transpose(kernel, [2, 3, 1, 0]) as tf.Tensor4D, stride, 1);
}
