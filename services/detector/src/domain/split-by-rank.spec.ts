import { describe, expect, it } from '@jest/globals';
import { splitByRank } from './split-by-rank.js';

describe('splitByRank', () => {
  const rows = [10, 11, 12, 13];
  const values = Float32Array.of(0.4, 0.1, 0.3, 0.2);

  it('puts the rows with the lowest values first', () => {
    expect(splitByRank(rows, values, 0.5)).toEqual([
      [11, 13],
      [12, 10],
    ]);
  });

  it('leaves a row on each side', () => {
    expect(splitByRank(rows, values, 0.01)[0]).toEqual([11]);
    expect(splitByRank(rows, values, 1)[1]).toEqual([10]);
  });
});
