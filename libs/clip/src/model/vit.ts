import * as tf from '@tensorflow/tfjs-core';
import type { ClipConfig, VitConfig } from '../config/clip-config.js';
import type { LayerObserver } from './layer-observer.js';
import { layerNorm } from './layer-norm.js';
import { projectOut } from './project-out.js';
import { vitNames } from './tensor-names.js';
import { transformer } from './transformer.js';
import { weight, type Weights } from './weights.js';

/** The ViT image tower: normalised pixels `[n, size, size, 3]` → un-normalised embeddings `[n, embedDim]`. */
export function vit(
  weights: Weights,
  config: ClipConfig,
  size: VitConfig,
  pixels: tf.Tensor4D,
  onLayer?: LayerObserver,
): tf.Tensor2D {
  const names = vitNames(config, size.layers);
  const n = pixels.shape[0];
  const grid = size.imageSize / size.patchSize;
  const length = grid ** 2 + 1;
  const patches = patchRows(pixels, grid, size.patchSize);
  const kernel = weight(weights, names.patches);
  const projected = tf.matMul(patches, tf.reshape(kernel, [size.width, patches.shape[1]]), false, true);
  // The class token and the positions are one constant per sequence; a zero row makes room for it.
  const classRow = tf.reshape(weight(weights, names.classToken), [1, size.width]);
  const constant = tf.add(
    weight(weights, names.positions),
    tf.pad(classRow, [
      [0, length - 1],
      [0, 0],
    ]),
  );
  const padded = tf.pad(tf.reshape(projected, [n, grid ** 2, size.width]), [
    [0, 0],
    [1, 0],
    [0, 0],
  ]);
  const embedded = tf.reshape(tf.add(padded, constant), [n * length, size.width]) as tf.Tensor2D;
  const x = layerNorm(weights, names.normBefore, embedded, size.layerNormEps);
  const pooled = transformer(
    weights,
    names.blocks,
    size,
    { x, n, length },
    {
      pick: (tokens) => tf.reshape(tf.slice(tokens, [0, 0, 0], [n, 1, size.width]), [n, size.width]),
    },
    onLayer,
  );
  const normed = layerNorm(weights, names.normAfter, pooled, size.layerNormEps);
  onLayer?.('normed', normed);
  return projectOut(weights, names.projection, normed);
}

/**
 * Pixels as one row per patch, `[n·grid², 3·patch²]`, in the order of a convolution kernel
 * `[out, channel, y, x]`: a strided convolution without overlap is then one matrix product.
 */
function patchRows(pixels: tf.Tensor4D, grid: number, patch: number): tf.Tensor2D {
  const n = pixels.shape[0];
  const split = tf.reshape(pixels, [n, grid, patch, grid, patch, 3]);
  return tf.reshape(tf.transpose(split, [0, 1, 3, 5, 2, 4]), [n * grid * grid, 3 * patch * patch]);
}
