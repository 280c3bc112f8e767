import { setTimeout as sleep } from 'node:timers/promises';
import { JobState, type Job, type Stage } from '@ubt/contracts';
import { waitFor } from '@ubt/test-kit';
import type { World } from '../world/open-world.js';

/** A job as it was seen, and when, in milliseconds of the monotonic clock. */
export interface JobSighting {
  readonly at: number;
  readonly job: Job;
}

/** Follows the job of a run in one stage, over restarts of the service. */
export interface JobFollower {
  readonly stage: Stage;
  /** Every change that was seen, oldest first. */
  readonly sightings: readonly JobSighting[];
  /** The job as it was seen last. */
  latest(): Job | undefined;
  /** The job once `condition` holds. @throws UbtError `WAIT_TIMED_OUT` */
  until(condition: (job: Job) => boolean, limitMs: number, what: string): Promise<Job>;
  stop(): Promise<void>;
}

const PAUSE_MS = 100;
const FINAL = [JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED];

/** Whether a job has ended. */
export const hasEnded = (job: Job | undefined): boolean => job !== undefined && FINAL.includes(job.state);

/** Starts following. */
export function followJob(world: World, stage: Stage, runId: string): JobFollower {
  const sightings: JobSighting[] = [];
  const stopping = new AbortController();
  const latest = () => sightings.at(-1)?.job;
  const watch = async () => {
    const jobs = world.stage(stage)?.jobs;
    const [job] = (await jobs?.listJobs({ pageSize: 1, pageToken: '', runId }))?.jobs ?? [];
    if (jobs === undefined || job === undefined) return;
    const afterSequence = latest()?.sequence ?? 0n;
    const updates = jobs.watchJob({ name: job.name, afterSequence }, { signal: stopping.signal });
    for await (const { job: update } of updates)
      sightings.push({ at: performance.now(), job: update as Job });
  };
  const following = (async () => {
    while (!stopping.signal.aborted && !hasEnded(latest())) {
      // The service may be down, or go down meanwhile: then it is asked again.
      await watch().catch(() => undefined);
      await sleep(PAUSE_MS);
    }
  })();
  return {
    stage,
    sightings,
    latest,
    until: (condition, limitMs, what) =>
      waitFor(
        () => {
          const job = latest();
          return job !== undefined && condition(job) ? job : undefined;
        },
        { timeoutMs: limitMs, intervalMs: PAUSE_MS, what },
      ),
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}
