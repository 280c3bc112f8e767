import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { CONFIG } from '../../test/tiny-clip.js';
import { captionTokens } from './caption-tokens.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

const END = 9;
/** Captions of the given lengths, their end tokens included, in rows of 40. */
const rows = (...lengths: number[]): Int32Array =>
  Int32Array.from(
    lengths.flatMap((length) => Array.from({ length: 40 }, (_, i) => (i === length - 1 ? END : i % 5))),
  );
const text = { ...CONFIG.text, contextLength: 40, eosTokenId: END };

it.each(['argmax', 'first-eos'] as const)(
  'cuts behind the longest caption, in steps of 16 (%s)',
  async (pooling) => {
    for (const [lengths, length] of [
      [[5, 16, 3], 16],
      [[5, 17, 3], 32],
      [[33, 2], 40],
    ] as const) {
      const tokens = rows(...lengths);
      const cut = captionTokens({ ...text, pooling }, tokens, lengths.length);
      expect(cut.shape).toEqual([lengths.length, length]);
      const expected = lengths.flatMap((_, row) => [...tokens.subarray(row * 40, row * 40 + length)]);
      expect([...(await cut.data())]).toEqual(expected);
      cut.dispose();
    }
  },
);

it('keeps captions without an end token from being cut to nothing', () => {
  const cut = tf.tidy(() => captionTokens(text, new Int32Array(80), 2).shape);
  expect(cut).toEqual([2, 16]);
});
