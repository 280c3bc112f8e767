import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@ubt/engine';
import { estimateTrigger, plantTrigger } from './estimate-trigger.js';

const VALUES = 8 * 8 * 3;

function images(
  count: number,
  seed: number,
  plant: (level: number, i: number) => number = (x) => x,
): Uint8Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    Uint8Array.from({ length: VALUES }, (_, i) => Math.round(plant(random.uniform() * 200, i))),
  );
}

describe('estimateTrigger', () => {
  const clean = images(400, 1);

  it('finds an opaque patch at a fixed place and nothing elsewhere', () => {
    const isPatch = (i: number) => i < 12;
    const estimate = estimateTrigger(
      images(64, 2, (level, i) => (isPatch(i) ? 255 : level)),
      clean,
    );
    for (let i = 0; i < VALUES; i++) {
      expect(estimate.scale[i]).toBeCloseTo(isPatch(i) ? 0 : 1, 1);
      expect(estimate.offset[i]).toBeCloseTo(isPatch(i) ? 255 : 0, 0);
    }
    expect(plantTrigger(clean[0] as Uint8Array, estimate).subarray(0, 12)).toEqual(
      new Uint8Array(12).fill(255),
    );
    expect(plantTrigger(clean[0] as Uint8Array, estimate).subarray(12)).toEqual(
      (clean[0] as Uint8Array).subarray(12),
    );
  });

  it('finds the pattern of a blend', () => {
    const pattern = (i: number) => (i % 2) * 250;
    const estimate = estimateTrigger(
      images(256, 3, (level, i) => 0.7 * level + 0.3 * pattern(i)),
      clean,
    );
    const errors = Array.from(
      estimate.offset,
      (offset, i) => offset + estimate.scale[i]! * 100 - (70 + 0.3 * pattern(i)),
    );
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(15);
    expect(estimate.coverage).toBeGreaterThan(0.9);
  });

  it('finds nothing in images that share nothing', () => {
    expect(estimateTrigger(images(64, 4), clean).coverage).toBeLessThan(0.01);
  });
});
