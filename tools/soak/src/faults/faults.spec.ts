import { describe, expect, it } from '@jest/globals';
import { randomNumbers } from '@ubt/test-kit';
import { drawFaults, faultId, FAULTS } from './faults.js';

const draw = (runs: number, seed: number) => drawFaults(runs, FAULTS, randomNumbers(seed)).map(faultId);

describe('drawFaults', () => {
  it('takes every fault once before any comes again', () => {
    const drawn = draw(2 * FAULTS.length, 3);
    for (const round of [drawn.slice(0, FAULTS.length), drawn.slice(FAULTS.length)]) {
      expect([...round].sort()).toEqual(FAULTS.map(faultId).sort());
    }
  });

  it('depends on nothing but the seed', () => {
    expect(draw(20, 5)).toEqual(draw(20, 5));
    expect(draw(20, 5)).not.toEqual(draw(20, 6));
  });
});

it('every fault has a name of its own', () => {
  expect(new Set(FAULTS.map(faultId)).size).toBe(FAULTS.length);
});
