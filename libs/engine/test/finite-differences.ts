import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '../src/index.js';

/** A tensor of normal numbers from a seed. */
export function normalTensor(shape: number[], seed: number, deviation = 1): tf.Tensor {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal(0, deviation));
  return tf.tensor(data, shape);
}

/**
 * The largest difference between the gradient of `sum(f(x) · r)`, r random, and its central differences, as a
 * share of the largest slope.
 */
export async function gradientError(
  f: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  step = 1e-2,
): Promise<number> {
  const loss = (at: tf.Tensor): tf.Scalar => {
    const y = f(at);
    return tf.sum(tf.mul(y, normalTensor(y.shape, 77))) as tf.Scalar;
  };
  const gradient = await tf.tidy(() => tf.grad(loss)(x)).data();
  const base = await x.data();
  const losses: tf.Scalar[] = [];
  for (let i = 0; i < base.length; i++) {
    for (const sign of [1, -1]) {
      const moved = Float32Array.from(base);
      moved[i]! += sign * step;
      losses.push(tf.tidy(() => loss(tf.tensor(moved, x.shape))));
    }
  }
  const values = await tf.tidy(() => tf.stack(losses)).data();
  tf.dispose(losses);
  let worst = 0;
  let largest = 1e-6;
  for (let i = 0; i < base.length; i++) {
    const slope = (values[2 * i]! - values[2 * i + 1]!) / (2 * step);
    worst = Math.max(worst, Math.abs(slope - gradient[i]!));
    largest = Math.max(largest, Math.abs(slope));
  }
  return worst / largest;
}
