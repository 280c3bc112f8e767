import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { normalTensor } from '../../test/finite-differences.js';
import { startEngine, type Engine } from '../index.js';
import { matMul, reshape, transpose } from './operations.js';
import { Recorder } from './recorder.js';
import type { Value } from './value.js';

const leaf = (graph: Recorder, shape: number[]): Value =>
  graph.leaf('float32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));

const types = (graph: Recorder): string[] => graph.take().map((node) => node.type);

describe('what is recorded', () => {
  it('is nothing when a second change undoes the first', () => {
    const graph = new Recorder();
    const x = leaf(graph, [2, 3, 4]);
    expect(transpose(graph, transpose(graph, x, [2, 0, 1]), [1, 2, 0])).toBe(x);
    expect(reshape(graph, reshape(graph, x, [6, 4]), [2, 3, 4])).toBe(x);
  });

  it('is one transposition for two', () => {
    const graph = new Recorder();
    const both = transpose(graph, transpose(graph, leaf(graph, [2, 3, 4, 5]), [2, 3, 1, 0]), [3, 0, 1, 2]);
    expect(both.shape).toEqual([2, 4, 5, 3]);
    expect(both.producer?.attributes['perm']).toEqual([0, 2, 3, 1]);
  });

  it('is a transposition of its own for a large product with a narrow left side', () => {
    const graph = new Recorder();
    matMul(graph, leaf(graph, [512, 64]), leaf(graph, [512, 256]), true, false);
    expect(types(graph)).toEqual(['Reshape', 'Transpose', 'Reshape', 'MatMul']);
    matMul(graph, leaf(graph, [512, 256]), leaf(graph, [512, 64]), true, false);
    expect(types(graph)).toEqual(['FusedMatMul']);
  });
});

describe('what is computed another way than it was asked for', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ threads: 2 });
  });
  afterAll(() => engine.dispose());

  const sums = (x: Float32Array, columns: number): number[] =>
    Array.from({ length: columns }, (_, c) =>
      x.reduce((sum, value, i) => (i % columns === c ? sum + value : sum), 0),
    );

  it('has the sums and means of many short rows', async () => {
    const x = normalTensor([4096, 6], 1);
    const expected = sums(await x.data<'float32'>(), 6);
    const [sum, mean] = [await tf.sum(x, 0).data(), await tf.mean(x, 0).data()];
    expected.forEach((value, c) => {
      expect(sum[c]).toBeCloseTo(value, 3);
      expect(mean[c]).toBeCloseTo(value / 4096, 6);
    });
    expect(tf.max(x, 0, true).shape).toEqual([1, 6]);
  });

  it('has the product with a number, of filters of 1×1', async () => {
    const x = normalTensor([128, 80, 1, 1], 2);
    const scaled = tf.mul(x, 3);
    const chosen = tf.where(tf.greater(x, 0), x, tf.zeros([1]));
    expect(scaled.shape).toEqual([128, 80, 1, 1]);
    const [values, tripled, positive] = [await x.data(), await scaled.data(), await chosen.data()];
    expect(tripled).toEqual(values.map((value) => 3 * value));
    expect(positive).toEqual(values.map((value) => Math.max(0, value)));
  });

  it('has the product whose left side is read transposed', async () => {
    const [a, b] = [normalTensor([300, 96], 3) as tf.Tensor2D, normalTensor([300, 160], 4) as tf.Tensor2D];
    const turned = tf.transpose(a);
    await turned.data();
    const difference = tf.sub(tf.matMul(a, b, true), tf.matMul(turned, b));
    expect((await tf.max(tf.abs(difference)).data())[0]).toBeLessThan(1e-4);
  });
});
