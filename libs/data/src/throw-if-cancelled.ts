import { UbtError } from '@ubt/errors';

/**
 * Ends work whose signal has been aborted.
 *
 * @throws UbtError `CANCELLED`, or `TIMED_OUT` when a timeout aborted it; a reason that is an UbtError is
 *   thrown as it is
 */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const reason: unknown = signal.reason;
  if (reason instanceof UbtError) throw reason;
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    throw new UbtError('deadline-exceeded', 'The work took longer than allowed.', {
      code: 'TIMED_OUT',
      fix: 'Allow more time, or give it less work.',
      cause: reason,
    });
  }
  throw new UbtError('cancelled', 'The work was cancelled.', {
    code: 'CANCELLED',
    fix: 'Start it again if this was not intended.',
    cause: reason,
  });
}
