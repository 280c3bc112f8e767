import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@ubt/engine';
import { augmentImages } from './augment-images.js';

const SIDE = 6;
/** Images whose red channel is the column and whose green channel is the row. */
const images = Uint8Array.from({ length: 20 * SIDE * SIDE * 3 }, (_, at) => {
  const pixel = Math.floor(at / 3) % (SIDE * SIDE);
  return [pixel % SIDE, Math.floor(pixel / SIDE), 9][at % 3]!;
});

describe('augmentImages', () => {
  it('gives the images themselves when nothing is asked for', () => {
    expect(augmentImages(images, SIDE, { flip: 0, shift: 0 }, seededRandom(1))).toBe(images);
  });

  it('mirrors columns, not rows', () => {
    const mirrored = augmentImages(images, SIDE, { flip: 1, shift: 0 }, seededRandom(1));
    for (let at = 0; at < images.length; at += 3) {
      expect([...mirrored.subarray(at, at + 3)]).toEqual([SIDE - 1 - images[at]!, images[at + 1], 9]);
    }
  });

  it('moves images by up to the shift, repeating the border, differently each', () => {
    const moved = augmentImages(images, SIDE, { flip: 0, shift: 2 }, seededRandom(3));
    const moves = new Set<string>();
    for (let image = 0; image < 20; image++) {
      const centre = 3 * (image * SIDE * SIDE + 3 * SIDE + 3);
      const [x, y] = [3 - moved[centre]!, 3 - moved[centre + 1]!];
      moves.add(`${x},${y}`);
      for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
        const at = 3 * (image * SIDE * SIDE + pixel);
        const clamp = (value: number) => Math.max(0, Math.min(SIDE - 1, value));
        expect(moved[at]).toBe(clamp((pixel % SIDE) - x));
        expect(moved[at + 1]).toBe(clamp(Math.floor(pixel / SIDE) - y));
      }
    }
    expect(moves.size).toBeGreaterThan(8);
    for (const move of moves) expect(move).toMatch(/^-?[012],-?[012]$/);
  });
});
