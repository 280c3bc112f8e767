import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { gradientError, normalTensor } from '../../test/finite-differences.js';
import { startEngine, type Engine } from '../index.js';

type Case = [name: string, shape: number[], f: (x: tf.Tensor) => tf.Tensor];

const positive = (x: tf.Tensor): tf.Tensor => tf.add(tf.square(x), 0.5);
const image = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;
const ids = (): tf.Tensor1D => tf.tensor1d([2, 0, 2, 1], 'int32');

/** Layer normalisation as models write it, from plain operations. */
function layerNorm(x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5)));
}

/** Batch normalisation of NHWC images with the batch's own statistics. */
function batchNorm(x: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(x, mean, variance, tf.tensor1d([0.1, 0.2]), tf.tensor1d([1.5, -0.7]), 1e-3);
}

const CASES: Case[] = [
  ['add, broadcast', [3], (x) => tf.add(x, normalTensor([2, 3], 1))],
  ['mul by itself, broadcast', [2, 1], (x) => tf.mul(x, tf.mul(x, normalTensor([2, 3], 1)))],
  ['div', [2, 3], (x) => tf.div(normalTensor([2, 3], 1), positive(x))],
  ['pow', [4], (x) => tf.pow(positive(x), tf.scalar(1.7))],
  ['pow, exponent', [4], (x) => tf.pow(tf.tensor1d([0.5, 1, 2, 3]), x)],
  ['squaredDifference', [4], (x) => tf.squaredDifference(x, normalTensor([4], 1))],
  ['atan2', [4], (x) => tf.atan2(x, tf.tensor1d([1, -2, 3, 0.5]))],
  [
    'exp, log, sqrt, rsqrt',
    [4],
    (x) =>
      tf.add(tf.exp(x), tf.add(tf.log(positive(x)), tf.mul(tf.sqrt(positive(x)), tf.rsqrt(positive(x))))),
  ],
  ['erf (gelu)', [6], (x) => tf.mul(x, tf.add(1, tf.erf(tf.div(x, Math.SQRT2))))],
  ['sigmoid (quick-gelu)', [6], (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)))],
  ['tanh, softplus, elu', [6], (x) => tf.add(tf.tanh(x), tf.add(tf.softplus(x), tf.elu(x)))],
  ['log1p, expm1', [6], (x) => tf.add(tf.log1p(positive(x)), tf.expm1(x))],
  ['matMul', [3, 4], (x) => tf.matMul(x, normalTensor([4, 2], 1))],
  ['matMul, both transposed', [4, 3], (x) => tf.matMul(x, normalTensor([2, 4], 1), true, true)],
  ['matMul, left transposed', [4, 3], (x) => tf.matMul(x, normalTensor([4, 2], 1), true, false)],
  ['matMul, right transposed', [2, 3], (x) => tf.matMul(normalTensor([4, 3], 1), x, false, true)],
  ['matMul of a batch with one matrix', [1, 3, 2], (x) => tf.matMul(normalTensor([4, 5, 3], 1), x)],
  ['matMul of batches', [2, 3, 4, 2], (x) => tf.matMul(normalTensor([2, 3, 2, 4], 1), x)],
  ['matMul of its own transpose', [2, 3], (x) => tf.matMul(x, tf.transpose(x))],
  ['softmax', [2, 5], (x) => tf.softmax(x)],
  ['logSoftmax', [2, 5], (x) => tf.logSoftmax(x)],
  ['logSumExp', [2, 5], (x) => tf.logSumExp(x, 1)],
  ['layer normalisation', [3, 6], layerNorm],
  ['batch normalisation', [2, 2, 2, 2], batchNorm],
  ['unit norm', [3, 4], (x) => tf.div(x, tf.norm(x, 'euclidean', 1, true))],
  ['sum and mean of axes', [2, 3, 2], (x) => tf.mul(tf.sum(x, [0, 2]), tf.mean(tf.square(x), [0, 2]))],
  ['max, min', [2, 5], (x) => tf.mul(tf.max(x, 1), tf.min(x, 1))],
  ['prod', [2, 3], (x) => tf.prod(x, 1)],
  ['cumsum, reversed and exclusive', [2, 4], (x) => tf.cumsum(x, 1, true, true)],
  ['gather with repeated rows', [3, 2], (x) => tf.gather(x, ids())],
  ['gather along the last axis', [2, 3], (x) => tf.gather(x, ids(), 1)],
  ['unsortedSegmentSum', [4, 2], (x) => tf.unsortedSegmentSum(x, ids(), 3)],
  [
    'concat, split, stack, unstack',
    [4, 2],
    (x) => {
      const [a, b] = tf.split(tf.concat([x, tf.square(x)], 1), 2, 1) as [tf.Tensor, tf.Tensor];
      return tf.stack([a, tf.mul(b, 2), tf.unstack(x)[0] as tf.Tensor].slice(0, 2));
    },
  ],
  ['split into one part', [4, 2], (x) => tf.square(tf.split(x, 1, 1)[0] as tf.Tensor)],
  [
    'slice, pad, tile, reverse',
    [3, 2],
    (x) =>
      tf.reverse(
        tf.tile(
          tf.pad(tf.slice(x, [1, 0], [2, 1]), [
            [1, 0],
            [0, 2],
          ]),
          [2, 1],
        ),
        0,
      ),
  ],
  [
    'mirrorPad, inner part',
    [4, 1],
    (x) =>
      tf.slice(
        tf.mirrorPad(
          x,
          [
            [2, 2],
            [0, 0],
          ],
          'reflect',
        ),
        [2, 0],
        [4, 1],
      ),
  ],
  ['transpose, reshape', [2, 3, 2], (x) => tf.reshape(tf.transpose(tf.square(x), [2, 0, 1]), [6, 2])],
  ['where', [4], (x) => tf.where(tf.tensor1d([1, 0, 1, 0], 'bool'), tf.square(x), tf.mul(x, 3))],
  [
    'clipByValue, relu, leakyRelu',
    [6],
    (x) => tf.add(tf.clipByValue(x, -0.9, 0.9), tf.add(tf.relu(x), tf.leakyRelu(x, 0.3))),
  ],
  ['avgPool in tiles', [1, 4, 4, 2], (x) => tf.avgPool(image(x), 2, 2, 'valid')],
  ['avgPool, overlapping and padded', [1, 5, 5, 2], (x) => tf.avgPool(image(x), 3, 2, 'same')],
  ['maxPool', [1, 4, 4, 2], (x) => tf.maxPool(image(tf.mul(x, 4)), 3, 1, 'valid')],
  ['resizeBilinear', [1, 3, 4, 2], (x) => tf.image.resizeBilinear(image(x), [5, 3], false, true)],
];

describe('gradients agree with finite differences', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ threads: 2 });
  });
  afterAll(() => engine.dispose());

  it.each(CASES)('%s', async (_name, shape, f) => {
    expect(await gradientError(f, normalTensor(shape, 5))).toBeLessThan(5e-3);
  });
});
