import { describe, expect, it } from '@jest/globals';
import { evenSample } from './even-sample.js';

describe('evenSample', () => {
  it('keeps few values as they are', () => {
    expect(evenSample(Float32Array.of(3, 1, 2), 3)).toEqual([3, 1, 2]);
    expect(evenSample([], 5)).toEqual([]);
  });

  it('spreads over many', () => {
    expect(evenSample([...Array(10).keys()], 4)).toEqual([0, 2, 5, 7]);
    expect(evenSample(new Float64Array(1_000_001), 1_000)).toHaveLength(1_000);
  });
});
