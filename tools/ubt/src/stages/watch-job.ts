import { setTimeout as sleep } from 'node:timers/promises';
import { JobState, type Job } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { hasEnded, jobFailure } from './job-error.js';
import type { JobsClient } from './stage-client.js';

/** How a job is watched. */
export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Called with the record after every change. */
  readonly onUpdate: (job: Job) => void;
  /** How long the service may be out of reach before that counts as a failure; 60 s unless told. */
  readonly patienceMs?: number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Follows a job to its end. A lost stream is taken up again after the last update seen, so a restart of the
 * service is not a failure of the job.
 *
 * @returns the job in its terminal state, whichever that is
 * @throws UbtError of the call; GRPC_UNAVAILABLE once the service was out of reach for too long
 */
export async function watchJob(jobs: JobsClient, name: string, options: WatchOptions): Promise<Job> {
  const { signal, onUpdate, patienceMs = 60_000 } = options;
  let lastSeen = 0n;
  let lastNews = performance.now();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      for await (const { job } of jobs.watchJob({ name, afterSequence: lastSeen }, { signal })) {
        if (job === undefined) continue;
        lastSeen = job.sequence;
        lastNews = performance.now();
        pause = FIRST_PAUSE_MS;
        onUpdate(job);
        if (hasEnded(job)) return job;
      }
    } catch (thrown) {
      signal.throwIfAborted();
      const error = UbtError.from(thrown);
      if (error.kind !== 'unavailable' || performance.now() - lastNews > patienceMs) throw error;
    }
    await sleep(pause, undefined, { signal });
  }
}

/** Follows a job that has to succeed. @throws UbtError why it did not */
export async function awaitSuccess(jobs: JobsClient, name: string, options: WatchOptions): Promise<Job> {
  const job = await watchJob(jobs, name, options);
  if (job.state !== JobState.JOB_STATE_SUCCEEDED) throw jobFailure(job);
  return job;
}
