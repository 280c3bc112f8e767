import { describe, expect, it } from '@jest/globals';
import { seededRandom } from './index.js';

describe('seededRandom', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const take = (seed: number): number[] => {
      const random = seededRandom(seed);
      return [random.uniform(), random.normal(), random.int(1000), ...random.shuffle([1, 2, 3, 4, 5])];
    };
    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
    expect(take(0.1)).not.toEqual(take(0.2));
  });

  it('does not change from version to version', () => {
    const random = seededRandom(42);
    expect([random.int(1_000_000), random.int(1_000_000), random.int(1_000_000)]).toEqual(PINNED);
  });

  it('is uniform and normal', () => {
    const random = seededRandom(7);
    const count = 20_000;
    const uniform = Array.from({ length: count }, () => random.uniform(2, 4));
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...uniform)).toBeLessThan(4);
    expect(mean(uniform)).toBeCloseTo(3, 1);
    const normal = Array.from({ length: count }, () => random.normal(1, 2));
    expect(mean(normal)).toBeCloseTo(1, 1);
    expect(Math.sqrt(mean(normal.map((x) => (x - 1) ** 2)))).toBeCloseTo(2, 1);
  });

  it('draws every whole number and shuffles without loss', () => {
    const random = seededRandom(3);
    const drawn = new Set(Array.from({ length: 200 }, () => random.int(6)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    const array = Array.from({ length: 50 }, (_, at) => at);
    const shuffled = random.shuffle(array);
    expect(shuffled).not.toEqual(array);
    expect([...shuffled].sort((x, y) => x - y)).toEqual(array);
  });
});

const PINNED = [300151, 16294, 397457];

function mean(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0) / numbers.length;
}
