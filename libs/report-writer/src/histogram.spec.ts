import { describe, expect, it } from '@jest/globals';
import { histogram } from './histogram.js';

describe('histogram', () => {
  it('counts every value once, suspects apart', () => {
    const values = Array.from({ length: 100 }, (_, i) => i / 100);
    const { edges, suspects, others } = histogram(values, (place) => values[place]! >= 0.9);
    const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
    expect([sum(suspects), sum(others)]).toEqual([10, 90]);
    expect(edges).toHaveLength(suspects.length + 1);
    expect(suspects.slice(0, 30).every((count) => count === 0)).toBe(true);
  });

  it('takes equal values and none at all', () => {
    expect(histogram([3, 3], (place) => place === 0).suspects[0]).toBe(1);
    expect(histogram([], () => false).edges.length).toBeGreaterThan(1);
  });
});
