import { expect, it } from '@jest/globals';
import { progressMeter } from './progress-meter.js';

it('measures rate and remaining time', () => {
  const meter = progressMeter();
  expect(meter({ phase: 'train', done: 0, total: 100, unit: 'steps' }, 0)).toMatchObject({
    rate: 0,
    etaSeconds: 0,
  });
  expect(meter({ phase: 'train', done: 20, total: 100, unit: 'steps' }, 2_000)).toEqual({
    phase: 'train',
    done: 20,
    total: 100,
    unit: 'steps',
    rate: 10,
    etaSeconds: 8,
  });
});

it('does not count what was done before a resume', () => {
  const meter = progressMeter();
  meter({ phase: 'train', done: 50, total: 100 }, 0);
  expect(meter({ phase: 'train', done: 55, total: 100 }, 1_000)).toMatchObject({ rate: 5, etaSeconds: 9 });
});

it('follows a change of speed and starts anew with a phase', () => {
  const meter = progressMeter();
  for (let second = 0; second <= 10; second++) meter({ phase: 'a', done: second * 10 }, second * 1_000);
  for (let second = 11; second <= 25; second++) {
    meter({ phase: 'a', done: 100 + second - 10 }, second * 1_000);
  }
  expect(meter({ phase: 'a', done: 116 }, 26_000).rate).toBeCloseTo(1, 5);
  expect(meter({ phase: 'b', done: 5, total: 5 }, 27_000)).toMatchObject({ rate: 0, etaSeconds: 0 });
});

it('stands still when the count goes back or the clock does not move', () => {
  const meter = progressMeter();
  meter({ phase: 'a', done: 10 }, 1_000);
  expect(meter({ phase: 'a', done: 12 }, 1_000).rate).toBe(0);
  expect(meter({ phase: 'a', done: 5 }, 2_000).rate).toBe(0);
});
