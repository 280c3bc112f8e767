import * as tf from '@tensorflow/tfjs-core';
import type { Preprocess } from './preprocess.js';

/**
 * Byte images as the model takes them: `(x / 255 − mean) / std` per channel.
 *
 * @param pixels RGB bytes `[n, size, size, 3]`, as a tensor of values 0 to 255 or as the raw bytes
 * @param preprocess whose `cropSize` is the images' side
 * @returns float32 `[n, size, size, 3]`
 */
export function normalisePixels(pixels: tf.Tensor4D | Uint8Array, preprocess: Preprocess): tf.Tensor4D {
  const { cropSize: side, mean, std } = preprocess;
  return tf.tidy(() => {
    const values =
      pixels instanceof Uint8Array
        ? tf.tensor4d(new Float32Array(pixels), [pixels.length / (side * side * 3), side, side, 3])
        : tf.cast(pixels, 'float32');
    const gain = tf.tensor1d(std.map((value) => 1 / (255 * value)));
    const offset = tf.tensor1d(mean.map((value, channel) => -value / std[channel]!));
    return tf.add(tf.mul(values, gain), offset);
  });
}
