import { describe, expect, it } from '@jest/globals';
import type { PairBatch } from '@ubt/clip';
import { varyImages } from './vary-images.js';

const SIDE = 32;
const bytes = SIDE * SIDE * 3;
const batch: PairBatch = {
  rows: [3, 5, 8, 13],
  pixels: Uint8Array.from({ length: 4 * bytes }, (_, at) => (at * 37) % 251),
  tokens: Int32Array.of(1, 2, 3, 4),
  size: 4,
  imageSize: SIDE,
};

describe('varyImages', () => {
  it('varies the images alone, and leaves the batch as it came', () => {
    const before = batch.pixels.slice();
    const { pixels, ...others } = varyImages(batch, 1);
    expect(pixels).toHaveLength(batch.pixels.length);
    expect(pixels).not.toEqual(before);
    expect(batch.pixels).toEqual(before);
    const { rows, tokens, size, imageSize } = batch;
    expect(others).toEqual({ rows, tokens, size, imageSize });
  });

  it('gives the same variation for the same step and another for the next', () => {
    expect(varyImages(batch, 7).pixels).toEqual(varyImages(batch, 7).pixels);
    expect(varyImages(batch, 8).pixels).not.toEqual(varyImages(batch, 7).pixels);
  });

  it('shows no image the same way in every step', () => {
    for (let image = 0; image < batch.size; image++) {
      const views = Array.from({ length: 10 }, (_, step) =>
        varyImages(batch, step)
          .pixels.subarray(image * bytes, (image + 1) * bytes)
          .join(),
      );
      expect(new Set(views).size).toBeGreaterThan(5);
    }
  });
});
