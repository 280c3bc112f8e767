import * as tf from '@tensorflow/tfjs-core';
import { weight, type Weights } from './weights.js';

/** `x Wᵀ + b` for the layer whose tensors are `<name>.weight [out, in]` and `<name>.bias [out]`; `x [m, in]`. */
export function linear(weights: Weights, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return affine(x, weight<tf.Rank.R2>(weights, `${name}.weight`), weight(weights, `${name}.bias`));
}

/** `x Wᵀ + b` → `[m, out]`; `x [m, in]`, `matrix [out, in]`, `bias [out]`. */
export function affine(x: tf.Tensor2D, matrix: tf.Tensor2D, bias: tf.Tensor): tf.Tensor2D {
  return tf.add(tf.matMul(x, matrix, false, true), bias);
}
