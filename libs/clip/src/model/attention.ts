import * as tf from '@tensorflow/tfjs-core';
import { affine, linear } from './linear.js';
import type { BlockNames } from './tensor-names.js';
import { weight, type Weights } from './weights.js';

/** `n` sequences of `length` tokens, as one matrix `[n·length, d]`. */
export interface Sequences {
  readonly x: tf.Tensor2D;
  readonly n: number;
  readonly length: number;
}

/** Scaled dot-product attention (Vaswani et al. 2017, eq. 1) over heads: `[n, heads, queries, d/heads]`. */
export function attend(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, mask?: tf.Tensor): tf.Tensor4D {
  const [, , queries, headDim] = q.shape;
  const scale = headDim ** -0.5;
  // The factor goes where it touches fewer numbers.
  const scores =
    queries > headDim
      ? tf.matMul(tf.mul(q, scale), k, false, true)
      : tf.mul(tf.matMul(q, k, false, true), scale);
  return tf.matMul(tf.softmax(mask === undefined ? scores : tf.add(scores, mask)), v);
}

/**
 * Multi-head self-attention of every token: `[n·length, d]` → `[n·length, d]`.
 *
 * @param mask added to the scores, broadcastable to `[n, heads, length, length]`
 */
export function selfAttention(
  weights: Weights,
  names: BlockNames,
  sequences: Sequences,
  heads: number,
  mask?: tf.Tensor,
): tf.Tensor2D {
  const { x, n, length } = sequences;
  const d = x.shape[1];
  const [q, k, v] = splitHeads(project(weights, names, 'qkv', x), n, length, heads, 3);
  const merged = tf.reshape(tf.transpose(attend(q!, k!, v!, mask), [0, 2, 1, 3]), [n * length, d]);
  return linear(weights, names.out, merged as tf.Tensor2D);
}

/**
 * The same for one query per sequence, `queries [n, d]` → `[n, d]`: all that a tower needs of its last block,
 * whose other tokens nobody reads.
 *
 * @param mask added to the scores, broadcastable to `[n, heads, 1, length]`
 */
export function pooledAttention(
  weights: Weights,
  names: BlockNames,
  queries: tf.Tensor2D,
  { x, n, length }: Sequences,
  heads: number,
  mask?: tf.Tensor,
): tf.Tensor2D {
  const d = x.shape[1];
  const q = tf.reshape(project(weights, names, 'q', queries), [n, heads, 1, d / heads]) as tf.Tensor4D;
  const [k, v] = splitHeads(project(weights, names, 'kv', x), n, length, heads, 2);
  return linear(weights, names.out, tf.reshape(attend(q, k!, v!, mask), [n, d]));
}

/** `[n·length, parts·d]` → `parts` tensors `[n, heads, length, d/heads]`. */
export function splitHeads(
  x: tf.Tensor2D,
  n: number,
  length: number,
  heads: number,
  parts: number,
): tf.Tensor4D[] {
  const headDim = x.shape[1] / parts / heads;
  const apart = tf.transpose(tf.reshape(x, [n, length, parts, heads, headDim]), [2, 0, 3, 1, 4]);
  return tf.split(apart, parts, 0).map((part) => tf.reshape(part, [n, heads, length, headDim]));
}

/** One product for several projections: fewer, wider matrix products. `[m, d]` → `[m, parts·d]`. */
function project(
  weights: Weights,
  names: BlockNames,
  parts: 'q' | 'kv' | 'qkv',
  x: tf.Tensor2D,
): tf.Tensor2D {
  if ('split' in names.qkv) {
    const [q, k, v] = names.qkv.split;
    const chosen = { q: [q], kv: [k, v], qkv: [q, k, v] }[parts];
    if (chosen.length === 1) return linear(weights, q, x);
    const matrix = tf.concat(chosen.map((name) => weight<tf.Rank.R2>(weights, `${name}.weight`)));
    return affine(x, matrix, tf.concat(chosen.map((name) => weight(weights, `${name}.bias`))));
  }
  const matrix = weight<tf.Rank.R2>(weights, `${names.qkv.joint}.in_proj_weight`);
  const bias = weight<tf.Rank.R1>(weights, `${names.qkv.joint}.in_proj_bias`);
  if (parts === 'qkv') return affine(x, matrix, bias);
  const d = x.shape[1];
  const [from, rows] = parts === 'q' ? [0, d] : [d, 2 * d];
  return affine(x, tf.slice(matrix, [from, 0], [rows, d]), tf.slice(bias, [from], [rows]));
}
