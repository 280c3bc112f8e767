import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { JobsClient } from './stage-client.js';

/** How long to look for a stage's job. */
export interface FindOptions {
  readonly signal: AbortSignal;
  /** How long the stage may take to start the job; 0 looks once. */
  readonly timeoutMs: number;
}

/** The jobs of a service, and what to call it in messages. */
export interface JobsOf {
  readonly stage: string;
  readonly address: string;
  readonly jobs: JobsClient;
}

const POLL_MS = 150;

/**
 * Waits until a stage has taken up a run: it does so by itself, when the event of the stage before it arrives.
 *
 * @throws UbtError `unavailable`, code STAGE_NOT_STARTED, when no job of the run appears in time
 */
export async function findRunJob(client: JobsOf, runId: string, options: FindOptions): Promise<Job> {
  const started = performance.now();
  for (;;) {
    const [job] = await runJobs(client, runId, options.signal);
    if (job !== undefined) return job;
    if (performance.now() - started >= options.timeoutMs) throw notStarted(client, runId, options);
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
}

/** A service's jobs of one run, newest first. */
export async function runJobs(client: JobsOf, runId: string, signal?: AbortSignal): Promise<Job[]> {
  const request = { pageSize: 100, pageToken: '', runId };
  const { jobs } = await client.jobs.listJobs(request, signal === undefined ? {} : { signal });
  return jobs;
}

function notStarted({ stage, address }: JobsOf, runId: string, { timeoutMs }: FindOptions): UbtError {
  return new UbtError(
    'unavailable',
    `The ${stage} at ${address} has not taken up run ${runId} within ${Math.round(timeoutMs / 1000)} s.`,
    {
      code: 'STAGE_NOT_STARTED',
      fix: 'Check that the services share one NATS server (UBT_NATS_URL), or allow more with --stage-wait.',
    },
  );
}
