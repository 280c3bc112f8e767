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

  it('does not take a handful of like values for a group where there is only one', () => {
    // Quantiles of a logistic distribution, and three equal values far out.
    const one = Array.from({ length: 200 }, (_, i) => Math.log((i + 0.5) / (199.5 - i)));
    const values = [...one, 4.5, 4.5, 4.5];
    const upper = values.filter((value) => value > splitBimodal(values)).length;
    expect(upper / values.length).toBeGreaterThan(0.3);
    expect(upper / values.length).toBeLessThan(0.8);
  });

  it('takes an empty list, and one value', () => {
    expect(splitBimodal([])).toBe(0);
    expect(splitBimodal([3])).toBe(3);
  });

  it('leaves equal values together', () => expect(splitBimodal([2, 2, 2])).toBe(2));
});
