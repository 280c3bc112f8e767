import * as tf from '@tensorflow/tfjs-core';

/**
 * Operations that ONNX Runtime computes in one pass over memory and TensorFlow.js in several. They have no gradients:
 * call them inside `tf.customGrad`. On other backends they are computed as TensorFlow.js would.
 */
function run(kernel: string, inputs: tf.NamedTensorMap, attrs: tf.NamedAttrMap): tf.Tensor[] | null {
  if (tf.getKernel(kernel, tf.getBackend()) === undefined) return null;
  return [tf.engine().runKernel(kernel, inputs, attrs)].flat() as tf.Tensor[];
}

/** x·σ(αx), elementwise. */
export function fusedQuickGelu<T extends tf.Tensor>(x: T, alpha: number): T {
  const fused = run('UbtQuickGelu', { x }, { alpha });
  return (fused?.[0] ?? tf.mul(x, tf.sigmoid(tf.mul(x, alpha)))) as T;
}

/** ½x(1 + erf(x/√2)), elementwise (Hendrycks & Gimpel 2016). */
export function fusedGelu<T extends tf.Tensor>(x: T): T {
  const fused = run('UbtGelu', { x }, {});
  return (fused?.[0] ?? tf.mul(x, tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5))) as T;
}

/** A layer normalisation and what its gradient needs. */
export interface LayerNormalised {
  /** In the shape of the input. */
  readonly value: tf.Tensor;
  /** Of each row, `[…, 1]`. */
  readonly mean: tf.Tensor;
  /** 1 / √(variance + ε) of each row, `[…, 1]`. */
  readonly inverse: tf.Tensor;
}

/** Layer normalisation (Ba et al. 2016, eq. 4) over the last dimension: `x […, d]`, `gain` and `bias` `[d]`. */
export function fusedLayerNorm(
  x: tf.Tensor,
  gain: tf.Tensor,
  bias: tf.Tensor,
  epsilon: number,
): LayerNormalised {
  const fused = run('UbtLayerNorm', { x, gain, bias }, { epsilon });
  if (fused !== null) return { value: fused[0]!, mean: fused[1]!, inverse: fused[2]! };
  const mean = tf.mean(x, -1, true);
  const centred = tf.sub(x, mean);
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { value: tf.add(tf.mul(tf.mul(centred, inverse), gain), bias), mean, inverse };
}
