import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { whenIdle } from './when-idle.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('whenIdle', () => {
  it('waits for the whole quiet time after the last work', async () => {
    let busy = false;
    let reached = false;
    void whenIdle(10, () => busy)!.reached.then(() => (reached = true));
    await jest.advanceTimersByTimeAsync(9_000);
    busy = true;
    await jest.advanceTimersByTimeAsync(60_000);
    busy = false;
    await jest.advanceTimersByTimeAsync(9_000);
    expect(reached).toBe(false);
    await jest.advanceTimersByTimeAsync(1_500);
    expect(reached).toBe(true);
  });

  it('does not watch where it is off, and ends when stopped', async () => {
    expect(whenIdle(0, () => false)).toBeUndefined();
    const watch = whenIdle(1, () => false)!;
    watch.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
