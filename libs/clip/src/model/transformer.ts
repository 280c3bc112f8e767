import * as tf from '@tensorflow/tfjs-core';
import type { TransformerSize } from '../config/clip-config.js';
import { activate } from './activation.js';
import { pooledAttention, selfAttention, type Sequences } from './attention.js';
import type { LayerObserver } from './layer-observer.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';
import type { BlockNames } from './tensor-names.js';
import type { Weights } from './weights.js';

/** Which token of each sequence becomes its embedding. */
export interface Pooling {
  /** Picks that token: `[n, length, d]` → `[n, d]`. */
  readonly pick: (tokens: tf.Tensor3D) => tf.Tensor2D;
  /** Attention mask of all tokens, broadcastable to `[n, heads, length, length]`. */
  readonly mask?: tf.Tensor;
  /** The mask's row of the picked token, broadcastable to `[n, heads, 1, length]`. */
  readonly pickedMask?: tf.Tensor;
}

/**
 * A pre-norm transformer (Radford et al. 2019) and the pooled token of each sequence, `[n, d]`, before the
 * tower's last normalisation.
 */
export function transformer(
  weights: Weights,
  blocks: readonly BlockNames[],
  size: TransformerSize,
  sequences: Sequences,
  pooling: Pooling,
  onLayer?: LayerObserver,
): tf.Tensor2D {
  const { n, length } = sequences;
  let { x } = sequences;
  onLayer?.('embedded', x);
  for (const [at, names] of blocks.slice(0, -1).entries()) {
    const normed = { x: layerNorm(weights, names.norm1, x, size.layerNormEps), n, length };
    x = tf.add(x, selfAttention(weights, names, normed, size.heads, pooling.mask));
    x = tf.add(x, mlp(weights, names, size, x));
    onLayer?.(`block.${at}`, x);
  }
  const last = blocks.at(-1);
  const pick = (tokens: tf.Tensor2D): tf.Tensor2D =>
    pooling.pick(tf.reshape(tokens, [n, length, size.width]));
  if (last === undefined) return pick(x);
  const normed = layerNorm(weights, last.norm1, x, size.layerNormEps);
  const rest = { x: normed, n, length };
  let pooled = pick(x);
  pooled = tf.add(pooled, pooledAttention(weights, last, pick(normed), rest, size.heads, pooling.pickedMask));
  pooled = tf.add(pooled, mlp(weights, last, size, pooled));
  onLayer?.(`block.${blocks.length - 1}`, pooled);
  return pooled;
}

function mlp(weights: Weights, names: BlockNames, size: TransformerSize, x: tf.Tensor2D): tf.Tensor2D {
  const normed = layerNorm(weights, names.norm2, x, size.layerNormEps);
  return linear(weights, names.down, activate(size.activation, linear(weights, names.up, normed)));
}
