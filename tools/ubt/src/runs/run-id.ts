import { randomBytes } from 'node:crypto';

/** A new run's identifier, which sorts by time: `20261122-155400-1a2b3c`. */
export function newRunId(now: Date): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  return `${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${randomBytes(3).toString('hex')}`;
}
