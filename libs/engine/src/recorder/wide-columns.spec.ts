import { describe, expect, it } from '@jest/globals';
import { wideColumns } from './wide-columns.js';

describe('many rows reduced to few columns', () => {
  it.each([
    ['as many rows as one as keep 1,024 columns', [32_768, 8], [0], { size: 1024, shape: [128, 8] }],
    ['several first axes', [8, 56, 56, 64], [0, 1, 2], { size: 1024, shape: [16, 64] }],
    ['several columns that stay', [4096, 4, 2], [0], { size: 1024, shape: [128, 8] }],
    ['a number of rows that is even once', [4098, 8], [0], { size: 16, shape: [2, 8] }],
  ])('take %s', (_what, shape, axes, expected) => {
    expect(wideColumns(shape, axes)).toEqual(expected);
  });

  it.each([
    ['the last axis goes', [32_768, 8], [1]],
    ['all goes', [32_768, 8], [0, 1]],
    ['rows are wide', [4096, 256], [0]],
    ['the number of rows is odd', [4097, 8], [0]],
    ['there is little to do', [512, 8], [0]],
  ])('stay when %s', (_why, shape, axes) => {
    expect(wideColumns(shape, axes)).toBeNull();
  });
});
