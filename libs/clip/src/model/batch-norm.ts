import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import type { Weights } from './weights.js';
import { weight } from './weights.js';

/** How far the stored statistics move per step; torch's `BatchNorm2d` default. */
const MOMENTUM = 0.1;

/**
 * Batch normalisation with the batch's own statistics over all axes but the last (Ioffe & Szegedy 2015, alg. 1):
 * `x [n, h, w, c]` → same shape. As in torch, it normalises with the biased variance and moves
 * `running_mean` and `running_var` (towards the unbiased variance) by a tenth.
 *
 * @throws UbtError `BATCH_TOO_SMALL` when a channel has a single value
 */
export function batchNormTrain(weights: Weights, name: string, x: tf.Tensor4D, epsilon: number): tf.Tensor4D {
  const channels = x.shape[3];
  const rows = x.size / channels;
  if (rows < 2) {
    throw new UbtError(
      'invalid-argument',
      `${name}: batch statistics need more than one value per channel.`,
      {
        code: 'BATCH_TOO_SMALL',
        fix: 'Use a larger batch, or keep batch normalisation frozen.',
      },
    );
  }
  const normalise = tf.customGrad((...args: unknown[]) => {
    const [input, gain, bias, save] = args as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const mean = tf.mean(input, 0);
    const centred = tf.sub(input, mean);
    const variance = tf.mean(tf.square(centred), 0);
    move(weights.get(`${name}.running_mean`), mean);
    move(weights.get(`${name}.running_var`), tf.mul(variance, rows / (rows - 1)));
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    save([centred, inverse, gain]);
    return { value: tf.add(tf.mul(centred, tf.mul(inverse, gain)), bias), gradFunc: batchNormGradient };
  });
  const flat = tf.reshape(x, [rows, channels]);
  const [gain, bias] = [weight(weights, `${name}.weight`), weight(weights, `${name}.bias`)];
  return tf.reshape(normalise(flat, gain, bias), x.shape);
}

/** dx = a·dy + b·centred + c with a, b and c per channel: the fewest passes over the activations. */
function batchNormGradient(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [centred, inverse, gain] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const rows = dy.shape[0]!;
  const shift = tf.sum(dy, 0);
  const along = tf.sum(tf.mul(dy, centred), 0);
  const a = tf.mul(inverse, gain);
  const b = tf.mul(tf.mul(a, tf.mul(tf.square(inverse), along)), -1 / rows);
  const c = tf.mul(tf.mul(a, shift), -1 / rows);
  const dx = tf.add(tf.add(tf.mul(dy, a), tf.mul(centred, b)), c);
  return [dx, tf.mul(along, inverse), shift];
}

function move(stored: tf.Variable | undefined, batch: tf.Tensor): void {
  stored?.assign(tf.add(tf.mul(stored, 1 - MOMENTUM), tf.mul(batch, MOMENTUM)));
}
