import { describe, expect, it } from '@jest/globals';
import { decimalSpread, meanSpread, percentSpread } from './mean-spread.js';

describe('meanSpread', () => {
  it('divides by n − 1', () => {
    expect(meanSpread([1, 2, 3])).toEqual({ mean: 2, deviation: 1, count: 3 });
  });

  it('has no spread for one value and nothing for none', () => {
    expect(meanSpread([0.5])).toEqual({ mean: 0.5, deviation: 0, count: 1 });
    expect(meanSpread([])).toBeUndefined();
  });
});

describe('percentSpread and decimalSpread', () => {
  it('write mean and spread, leaving out what was not measured', () => {
    expect(percentSpread([0.5, undefined, 0.6])).toBe('55.0 ± 7.1');
    expect(decimalSpread([0.998])).toBe('0.998');
    expect(percentSpread([undefined])).toBe('–');
  });
});
