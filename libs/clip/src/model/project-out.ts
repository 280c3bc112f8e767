import * as tf from '@tensorflow/tfjs-core';
import type { ProjectionName } from './tensor-names.js';
import { weight, type Weights } from './weights.js';

/** A tower's pooled features `[n, width]` in the shared space, `[n, embedDim]`. */
export function projectOut(weights: Weights, projection: ProjectionName, x: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, weight<tf.Rank.R2>(weights, projection.name), false, projection.transposed);
}
