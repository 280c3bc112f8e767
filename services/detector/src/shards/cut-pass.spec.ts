import { expect, it } from '@jest/globals';
import { cutPass } from './cut-pass.js';

it('cuts at multiples of the stretch, into parts of at least the size, and leaves nothing out', () => {
  expect(cutPass(10, 4, 4)).toEqual([
    { first: 0, end: 4 },
    { first: 4, end: 8 },
    { first: 8, end: 10 },
  ]);
  expect(cutPass(10, 5, 4)).toEqual([
    { first: 0, end: 8 },
    { first: 8, end: 10 },
  ]);
  expect(cutPass(8, 1, 4)).toEqual([
    { first: 0, end: 4 },
    { first: 4, end: 8 },
  ]);
  expect(cutPass(3, 100, 4)).toEqual([{ first: 0, end: 3 }]);
});
