import type { TextStream } from '../cli-io.js';
import { printable } from './format.js';
import type { Progress, Step } from './progress.js';

const QUIET_MS = 2_000;

/**
 * Progress as plain lines, one per piece of news but at most one per step every two seconds, so that a log
 * stays readable.
 *
 * @param now milliseconds of a monotonic clock
 */
export function plainProgress(
  steps: readonly Step[],
  stream: TextStream,
  now: () => number = () => performance.now(),
): Progress {
  const titles = new Map(steps.map(({ key, title }) => [key, title]));
  const lastLine = new Map<string, { at: number; text: string }>();
  const write = (key: string, text: string) => {
    stream.write(`${titles.get(key) ?? key}: ${printable(text)}\n`);
  };
  return {
    update(key, text) {
      const last = lastLine.get(key);
      if (last !== undefined && (last.text === text || now() - last.at < QUIET_MS)) return;
      lastLine.set(key, { at: now(), text });
      write(key, text);
    },
    done: (key, text) => write(key, `done. ${text}`),
    skip: (key, why) => write(key, `skipped. ${why}`),
    fail: (key, why) => write(key, `FAILED. ${why}`),
    close: () => Promise.resolve(),
  };
}
