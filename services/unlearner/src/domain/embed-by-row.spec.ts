import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { openTinyUnlearning, type TinyUnlearning } from '../../test/tiny-unlearning.js';
import { embedByRow, embeddingsOf } from './embed-by-row.js';

let tiny: TinyUnlearning;
beforeAll(async () => {
  tiny = await openTinyUnlearning();
});
afterAll(() => tiny.close());

describe('embedByRow', () => {
  it('gives each row the embedding of its caption, at unit length, and leaves no tensors', async () => {
    const { suspect, unlearn } = tiny.input;
    const tensors = tf.memory().numTensors;
    const embedded = await embedByRow(suspect, unlearn);
    expect(tf.memory().numTensors).toBe(tensors);
    expect([...embedded.keys()]).toEqual(unlearn.rows);
    for (const values of embedded.values()) expect(Math.hypot(...values)).toBeCloseTo(1, 5);
  });

  it('takes no captions', async () => {
    const none = { rows: [], tokens: new Int32Array(0), size: 0 };
    expect((await embedByRow(tiny.input.suspect, none)).size).toBe(0);
  });
});

it('puts the embeddings of a batch in its order, zeros where there are none, a row as often as it comes', () => {
  const embeddings = new Map([
    [3, Float32Array.of(0.6, 0.8)],
    [9, Float32Array.of(1, 0)],
  ]);
  const values = embeddingsOf([9, 4, 3, 9], embeddings, 2);
  expect([...values]).toEqual([1, 0, 0, 0, Math.fround(0.6), Math.fround(0.8), 1, 0]);
});
