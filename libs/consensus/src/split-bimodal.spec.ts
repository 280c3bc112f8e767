import { describe, expect, it } from '@jest/globals';
import { splitBimodal } from './split-bimodal.js';

describe('splitBimodal', () => {
  it('parts two groups in the gap between them', () => {
    const threshold = splitBimodal([0.1, 0.12, 0.09, 0.9, 0.11, 0.95, 0.08]);
    expect(threshold).toBeGreaterThan(0.12);
    expect(threshold).toBeLessThan(0.9);
  });

  it('finds the edge of a narrow group beside a wide one, not the middle between them', () => {
    const narrow = Array.from({ length: 40 }, (_, i) => 0.2 + 0.002 * i);
    const wide = Array.from({ length: 120 }, (_, i) => 0.4 + 0.01 * i);
    const threshold = splitBimodal([...wide, ...narrow]);
    expect(threshold).toBeGreaterThan(0.27);
    expect(threshold).toBeLessThan(0.45);
  });

  it('parts no group of one from the rest, and takes an empty list', () => {
    expect(splitBimodal([1, 1.1, 9])).toBe(9);
    expect(splitBimodal([])).toBe(0);
  });

  it('leaves equal values together', () => expect(splitBimodal([2, 2, 2])).toBe(2));
});
