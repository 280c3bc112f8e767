import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '../index.js';

type Case = [name: string, make: () => tf.Tensor, expected: number[], dtype?: tf.DataType];

const a = (): tf.Tensor2D =>
  tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
  ]);
const i = (...numbers: number[]): tf.Tensor1D => tf.tensor1d(numbers, 'int32');
const image = (): tf.Tensor4D => tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);

/** One example per kernel family that the suite of TensorFlow.js does not have in this form. */
const CASES: Case[] = [
  ['floorDiv rounds down', () => tf.floorDiv(i(7, -7, 7, 0), i(2, 2, -2, 5)), [3, -4, -4, 0], 'int32'],
  ['mod has the sign of the divisor', () => tf.mod(i(7, -7, 7), i(3, 3, -3)), [1, 2, -2], 'int32'],
  ['cast cuts towards zero', () => tf.cast(tf.tensor1d([1.9, -1.9]), 'int32'), [1, -1], 'int32'],
  ['comparisons are bool', () => tf.greater(a(), 3), [0, 0, 0, 1, 1, 1], 'bool'],
  ['sum of bool counts', () => tf.sum(tf.greater(a(), 3)), [3], 'int32'],
  ['any along an axis', () => tf.any(tf.greater(a(), 5), 1), [0, 1], 'bool'],
  ['argMax', () => tf.argMax(a(), 0), [1, 1, 1], 'int32'],
  ['topk indices', () => tf.topk(a(), 2).indices, [2, 1, 2, 1], 'int32'],
  ['oneHot of an index outside', () => tf.oneHot(i(1, -1, 3), 3), [0, 1, 0, 0, 0, 0, 0, 0, 0], 'int32'],
  [
    'gather in batches',
    () =>
      tf.gather(
        a(),
        tf.tensor2d(
          [
            [2, 0],
            [1, 1],
          ],
          [2, 2],
          'int32',
        ),
        1,
        1,
      ),
    [3, 1, 5, 5],
  ],
  [
    'gatherND',
    () =>
      tf.gatherND(
        a(),
        tf.tensor2d(
          [
            [0, 1],
            [1, 2],
          ],
          [2, 2],
          'int32',
        ),
      ),
    [2, 6],
  ],
  [
    'scatterND adds what meets',
    () => tf.scatterND(tf.reshape(i(1, 1, 0), [3, 1]), tf.tensor1d([1, 2, 5]), [3]),
    [5, 3, 0],
  ],
  [
    'segment sum drops negative ids',
    () => tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4]), i(1, -1, 1), 2),
    [0, 5],
  ],
  ['stridedSlice backwards', () => tf.stridedSlice(tf.tensor1d([1, 2, 3, 4]), [3], [0], [-2]), [4, 2]],
  [
    'mirrorPad symmetric',
    () => tf.mirrorPad(tf.tensor1d([1, 2, 3]), [[2, 1]], 'symmetric'),
    [2, 1, 1, 2, 3, 3],
  ],
  ['cumsum exclusive', () => tf.cumsum(a(), 1, true), [0, 1, 3, 0, 4, 9]],
  ['einsum', () => tf.einsum('ij,kj->ik', a(), a()), [14, 32, 32, 77]],
  ['resizeBilinear', () => tf.image.resizeBilinear(image(), [2, 2], true), [1, 3, 7, 9]],
  ['resizeNearestNeighbor', () => tf.image.resizeNearestNeighbor(image(), [2, 2]), [1, 2, 4, 5]],
  ['maxPool', () => tf.maxPool(image(), 2, 1, 'valid'), [5, 6, 8, 9]],
  ['avgPool leaves padding out of the count', () => tf.avgPool(image(), 2, 2, 'same'), [3, 4.5, 7.5, 9]],
  [
    'fill, range, linspace',
    () => tf.concat([tf.fill([2], 7), tf.range(0, 3), tf.linspace(0, 1, 3)]),
    [7, 7, 0, 1, 2, 0, 0.5, 1],
  ],
  ['a large fill', () => tf.sum(tf.fill([100, 10], 0.5)), [500]],
  [
    'a column minus a row',
    () => tf.sub(tf.tensor2d([1, 2], [2, 1]), tf.tensor1d([1, 2, 3])),
    [0, -1, -2, 1, 0, -1],
  ],
  [
    'a broadcast copy',
    () => tf.add(tf.broadcastTo(tf.tensor2d([1, 2], [2, 1]), [2, 3]), a()),
    [2, 3, 4, 6, 7, 8],
  ],
  ['empty tensors', () => tf.concat([tf.tensor1d([]), tf.tensor1d([1])]), [1]],
  [
    'fused product',
    () =>
      tf.fused.matMul({ a: a(), b: a(), transposeB: true, bias: tf.tensor1d([-20, 0]), activation: 'relu' }),
    [0, 32, 12, 77],
  ],
  ['moments', () => tf.moments(a(), 1).variance, [2 / 3, 2 / 3]],
];

describe('kernels', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ threads: 2 });
  });
  afterAll(() => engine.dispose());

  it.each(CASES)('%s', async (_name, make, expected, dtype = 'float32') => {
    const y = make();
    expect(y.dtype).toBe(dtype);
    const actual = Array.from(await y.data());
    expect(actual).toHaveLength(expected.length);
    expected.forEach((value, at) => expect(actual[at]).toBeCloseTo(value, 5));
  });

  it('adds repeated rows of a large scatter exactly, with several threads', async () => {
    // A race would not show every time.
    for (let round = 0; round < 20; round++) await expectExactSums();
  });

  it.each([
    ['behind', (rows: tf.Tensor, vector: tf.Tensor) => tf.sub(rows, vector), 1],
    ['in front', (rows: tf.Tensor, vector: tf.Tensor) => tf.sub(vector, rows), -1],
  ])('broadcasts a short vector %s many rows', async (_place, subtract, sign) => {
    const [rows, columns] = [3072, 24];
    const y = tf.tidy(() =>
      subtract(tf.reshape(tf.range(0, rows * columns), [rows, columns]), tf.range(0, columns)),
    );
    // + 0 makes a positive zero of a negative one.
    const expected = Float32Array.from({ length: rows * columns }, (_, i) => sign * (i - (i % columns)) + 0);
    expect(Float32Array.from(await y.data())).toEqual(expected);
    y.dispose();
  });

  async function expectExactSums(): Promise<void> {
    const rows = 4000;
    const ids = Int32Array.from({ length: rows }, (_, row) => row % 3);
    const sums = tf.unsortedSegmentSum(tf.ones([rows, 64]), tf.tensor1d(ids, 'int32'), 3);
    const expected = [1334, 1333, 1333];
    Array.from(await sums.data()).forEach((sum, at) => expect(sum).toBe(expected[Math.floor(at / 64)]));
  }
});
