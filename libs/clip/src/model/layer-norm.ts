import * as tf from '@tensorflow/tfjs-core';
import { fusedLayerNorm } from '@ubt/engine';
import { weight, type Weights } from './weights.js';

/**
 * Layer normalisation (Ba et al. 2016, eq. 4) over the last axis: `x [m, d]` → `[m, d]`, with the gain and
 * bias named `<name>.weight` and `<name>.bias`. The gradient is written out because the derived one walks the
 * activations about three times as often.
 */
export function layerNorm(weights: Weights, name: string, x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
  const normalise = tf.customGrad((...args: unknown[]) => {
    const [input, gain, bias, save] = args as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const { value, mean, inverse } = fusedLayerNorm(input, gain, bias, epsilon);
    save([input, mean, inverse, gain]);
    return { value, gradFunc: layerNormGradient };
  });
  const [gain, bias] = [weight(weights, `${name}.weight`), weight(weights, `${name}.bias`)];
  return normalise(x, gain, bias) as tf.Tensor2D;
}

function layerNormGradient(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [x, mean, inverse, gain] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const normal = tf.mul(tf.sub(x, mean), inverse);
  const scaled = tf.mul(dy, gain);
  const along = tf.mul(normal, tf.mean(tf.mul(scaled, normal), -1, true));
  const dx = tf.mul(tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), along), inverse);
  return [dx, tf.sum(tf.mul(dy, normal), 0), tf.sum(dy, 0)];
}
