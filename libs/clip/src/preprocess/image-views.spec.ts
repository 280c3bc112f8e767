import { describe, expect, it } from '@jest/globals';
import { coarseImages, imageViews } from './image-views.js';

const SIDE = 32;
const image = (level: (y: number, x: number) => number): Uint8Array =>
  Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) =>
    level(Math.floor(i / 3 / SIDE), Math.floor(i / 3) % SIDE),
  );
const views = (pixels: Uint8Array, size = 1) => imageViews({ pixels, size, imageSize: SIDE });
const at = (pixels: Uint8Array | undefined, y: number, x: number) => pixels?.[(y * SIDE + x) * 3];

describe('imageViews', () => {
  it('leaves a flat image as it is in every view', () => {
    const flat = image(() => 77);
    for (const view of views(flat)) expect(view).toEqual(flat);
  });

  it('mirrors left and right', () => {
    const [mirrored] = views(image((_, x) => x * 8));
    expect(at(mirrored, 3, 0)).toBe(31 * 8);
    expect(at(mirrored, 3, 31)).toBe(0);
  });

  it('zooms into the middle: what stands at the edge is gone', () => {
    const [, zoomed] = views(image((y, x) => (y < 4 && x < 4 ? 255 : 0)));
    expect(zoomed?.some((level) => level > 0)).toBe(false);
  });

  it('blurs: a single bright pixel spreads over its neighbours', () => {
    const [, , blurred] = views(image((y, x) => (y === 10 && x === 10 ? 180 : 0)));
    expect(at(blurred, 9, 9)).toBe(20);
    expect(at(blurred, 12, 10)).toBe(0);
  });

  it('treats each image of a batch by itself', () => {
    const both = new Uint8Array([...image(() => 10), ...image(() => 200)]);
    for (const view of views(both, 2)) expect(view).toEqual(both);
  });
});

describe('coarseImages', () => {
  it('leaves the mean of each of 8 × 8 fields, of each image by itself', () => {
    const stripes = image((_, x) => (x % 4 < 2 ? 40 : 80));
    const halves = image((y) => (y < 16 ? 10 : 200));
    const coarse = coarseImages({
      pixels: new Uint8Array([...stripes, ...halves]),
      ...{ size: 2, imageSize: SIDE },
    });
    expect(coarse).toEqual(new Uint8Array([...image(() => 60), ...halves]));
  });

  it('covers every pixel where the side is no multiple of 8', () => {
    const pixels = new Uint8Array(30 * 30 * 3).fill(90);
    expect(coarseImages({ pixels, size: 1, imageSize: 30 })).toEqual(pixels);
  });
});
