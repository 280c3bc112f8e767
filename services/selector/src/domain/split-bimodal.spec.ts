import { describe, expect, it } from '@jest/globals';
import { splitBimodal } from './split-bimodal.js';

describe('splitBimodal', () => {
  it('parts two groups in the gap between them', () => {
    const threshold = splitBimodal([0.1, 0.12, 0.09, 0.9, 0.11, 0.95, 0.08]);
    expect(threshold).toBeGreaterThan(0.12);
    expect(threshold).toBeLessThan(0.9);
  });

  it('leaves equal values together', () => expect(splitBimodal([2, 2, 2])).toBe(2));
});
