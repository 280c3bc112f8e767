import { describe, expect, it } from '@jest/globals';
import { withoutLastOnes } from './without-last-ones.js';

describe('dimensions of size 1 at the end of a broadcast', () => {
  it.each([
    ['one number', [[512, 2048, 1, 1], [], [512, 2048, 1, 1]], [[512, 2048], [], [512, 2048]]],
    [
      'a column',
      [
        [512, 64, 1],
        [64, 1],
        [512, 64, 1],
      ],
      [[512, 64], [64], [512, 64]],
    ],
    [
      'rows that are one number each',
      [
        [1, 1, 1],
        [9, 9000, 1],
        [9, 9000, 1],
      ],
      [
        [1, 1],
        [9, 9000],
        [9, 9000],
      ],
    ],
  ])('go with %s', (_what, shapes, expected) => {
    expect(withoutLastOnes(shapes)).toEqual(expected);
  });

  it.each([
    ['the last one is larger', [[512, 2048], [], [512, 2048]]],
    [
      'nothing is broadcast',
      [
        [9000, 1],
        [9000, 1],
        [9000, 1],
      ],
    ],
    ['there is little to compute', [[4, 8, 1], [], [4, 8, 1]]],
    [
      'only an operand ends so',
      [
        [9000, 1],
        [1, 4],
        [9000, 4],
      ],
    ],
  ])('stay when %s', (_why, shapes) => {
    expect(withoutLastOnes(shapes)).toBe(shapes);
  });
});
