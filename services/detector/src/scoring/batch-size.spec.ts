import { expect, it } from '@jest/globals';
import { nextBatch } from './batch-size.js';

it.each([
  [1, 1, 1],
  [2, 1, 1],
  [4, 1, 1],
  [5, 5, 8],
  [8, 8, 8],
  [9, 8, 8],
  [19, 8, 8],
  [20, 20, 32],
  [32, 32, 32],
  [500, 32, 32],
])('of %i pairs that wait it takes %i, in a batch of %i', (waiting, pairs, size) => {
  expect(nextBatch(waiting)).toEqual({ pairs, size });
});
