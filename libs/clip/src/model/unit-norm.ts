import * as tf from '@tensorflow/tfjs-core';

/** Rows scaled to unit length, `[n, d]` → `[n, d]`; an all-zero row stays zero. */
export function unitNorm(x: tf.Tensor2D): tf.Tensor2D {
  return normalise(x) as tf.Tensor2D;
}

const normalise = tf.customGrad((...args: unknown[]) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
  const inverse = tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-24));
  const y = tf.mul(x, inverse);
  save([y, inverse]);
  return {
    value: y,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [unit, scale] = saved as [tf.Tensor, tf.Tensor];
      // The part of dy along y does not change the direction.
      return tf.mul(tf.sub(dy, tf.mul(unit, tf.sum(tf.mul(dy, unit), -1, true))), scale);
    },
  };
});
