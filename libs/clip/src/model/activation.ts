import * as tf from '@tensorflow/tfjs-core';
import { fusedGelu, fusedQuickGelu } from '@ubt/engine';
import type { Activation } from '../config/clip-config.js';

const QUICK = 1.702;

/** Applies the activation elementwise: x·σ(1.702x), or the exact ½x(1 + erf(x/√2)) (Hendrycks & Gimpel 2016). */
export function activate(kind: Activation, x: tf.Tensor2D): tf.Tensor2D {
  return (kind === 'quick_gelu' ? quickGelu(x) : gelu(x)) as tf.Tensor2D;
}

const quickGelu = tf.customGrad((...args: unknown[]) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
  save([x]);
  return {
    value: fusedQuickGelu(x, QUICK),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [input] = saved as [tf.Tensor];
      const sigma = tf.sigmoid(tf.mul(input, QUICK));
      // d/dx x·σ(ax) = σ + a·xσ·(1 − σ)
      const slope = tf.add(sigma, tf.mul(tf.mul(tf.mul(input, sigma), tf.sub(1, sigma)), QUICK));
      return tf.mul(dy, slope);
    },
  };
});

const gelu = tf.customGrad((...args: unknown[]) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
  save([x]);
  return {
    value: fusedGelu(x),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [input] = saved as [tf.Tensor];
      const cumulative = tf.mul(tf.add(tf.erf(tf.mul(input, Math.SQRT1_2)), 1), 0.5);
      // d/dx x·Φ(x) = Φ(x) + x·φ(x)
      const density = tf.mul(tf.exp(tf.mul(tf.square(input), -0.5)), (2 * Math.PI) ** -0.5);
      return tf.mul(dy, tf.add(cumulative, tf.mul(input, density)));
    },
  };
});
