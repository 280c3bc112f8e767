import type { SerializedError, UbtError } from '@ubt/errors';
import { workerDied } from './job-errors.js';
import type { JobRecord, PackedMessage } from './job-record.js';
import type { WorkerOutcome } from './worker-process.js';

/** Why a worker was told to stop before its end. */
export interface Interruption {
  readonly kind: 'cancel' | 'service-stop' | 'time-limit';
  readonly reason: UbtError;
}

/** How workers leave a job for good, as far as this service instance goes. */
export type JobEnd =
  | { readonly state: 'SUCCEEDED'; readonly result: PackedMessage }
  | { readonly state: 'FAILED' | 'CANCELLED'; readonly error: SerializedError }
  /** Back into the queue: the service stops. */
  | { readonly state: 'QUEUED' };

/** What follows from the end of a worker: the end, or another worker that takes over. */
export type JobOutcome = JobEnd | { readonly state: 'RUNNING'; readonly how: string };

/**
 * Decides what becomes of a job whose worker has ended. A result counts even when somebody asked for the end
 * meanwhile. Dead workers (killed, out of memory) are replaced until `maxAttempts` have been used up by the
 * job's own fault.
 */
export function jobOutcome(
  job: Pick<JobRecord, 'name' | 'stage' | 'attempt' | 'interruptions'>,
  worker: WorkerOutcome,
  interruption: Interruption | undefined,
  maxAttempts: number,
): JobOutcome {
  if (worker.kind === 'result') return { state: 'SUCCEEDED', result: worker.result };
  if (interruption !== undefined) return interruptedEnd(interruption);
  if (worker.kind === 'error') return { state: 'FAILED', error: worker.error.toJSON() };
  const used = job.attempt - job.interruptions;
  if (used < maxAttempts) return { state: 'RUNNING', how: worker.how };
  return { state: 'FAILED', error: workerDied(job, used, worker.how).toJSON() };
}

/** What becomes of a job that was told to stop and gave no result. */
export function interruptedEnd({ kind, reason }: Interruption): JobEnd {
  if (kind === 'service-stop') return { state: 'QUEUED' };
  return { state: kind === 'cancel' ? 'CANCELLED' : 'FAILED', error: reason.toJSON() };
}
