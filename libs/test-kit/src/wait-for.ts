import { setTimeout as sleep } from 'node:timers/promises';
import { UbtError } from '@ubt/errors';

/** How long {@link waitFor} waits, and how often it looks. */
export interface WaitOptions {
  /** Milliseconds until it gives up; a minute unless told, since only what fails waits so long and machines are busy. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks; 20 unless told. */
  readonly intervalMs?: number;
  /** What is waited for, in words, for the message. */
  readonly what?: string;
}

type Falsy = false | 0 | 0n | '' | null | undefined;

/**
 * Waits until a condition gives something truthy, and returns that.
 *
 * @throws UbtError `deadline-exceeded`, code WAIT_TIMED_OUT
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, Falsy>> {
  const { timeoutMs = 60_000, intervalMs = 20, what = 'the condition' } = options;
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, Falsy>;
    if (Date.now() >= end) {
      throw new UbtError('deadline-exceeded', `Waited ${timeoutMs} ms for ${what}, in vain.`, {
        code: 'WAIT_TIMED_OUT',
      });
    }
    await sleep(intervalMs);
  }
}
