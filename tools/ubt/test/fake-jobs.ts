import { EventEmitter, on } from 'node:events';
import { JobState, type Any, type Job, type JobError, type JobsServer } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { serverStream, unary } from '@ubt/service-kit';

/** The jobs of a fake stage: records in memory, changed by the script of a spec. */
export interface FakeJobs {
  readonly handlers: JobsServer;
  readonly watches: { name: string; afterSequence: bigint }[];
  readonly cancelled: string[];
  add(name: string, fields: { stage: string; runId: string; requestId: string }): Job;
  change(name: string, fields: Partial<Job>): void;
  succeed(name: string, result: Any): void;
  fail(name: string, error: JobError): void;
}

/** @param dropFirstWatch breaks the first WatchJob off after one update, as a rollout does */
export function fakeJobs({ dropFirstWatch = false } = {}): FakeJobs {
  const jobs = new Map<string, Job>();
  const changes = new EventEmitter({ captureRejections: true });
  const watches: FakeJobs['watches'] = [];
  const cancelled: string[] = [];
  const now = () => {
    const milliseconds = Date.now();
    return { seconds: BigInt(Math.floor(milliseconds / 1000)), nanos: (milliseconds % 1000) * 1e6 };
  };
  const change = (name: string, fields: Partial<Job>) => {
    const job = found(jobs, name);
    jobs.set(name, { ...job, ...fields, sequence: job.sequence + 1n });
    changes.emit(name);
  };
  const handlers: JobsServer = {
    getJob: unary(({ name }) => ({ job: found(jobs, name) })),
    listJobs: unary(({ runId, pageSize }) => {
      const all = [...jobs.values()].filter((job) => runId === '' || job.runId === runId);
      return { jobs: all.reverse().slice(0, pageSize || 50), nextPageToken: '' };
    }),
    cancelJob: unary(({ name }) => {
      cancelled.push(name);
      change(name, { state: JobState.JOB_STATE_CANCELLED, endTime: now() });
      return { job: found(jobs, name) };
    }),
    watchJob: serverStream(async function* ({ name, afterSequence }, { signal }) {
      watches.push({ name, afterSequence });
      const dropped = dropFirstWatch && watches.length === 1;
      const news = on(changes, name, { signal });
      for (let seen = afterSequence; ; await news.next()) {
        const job = found(jobs, name);
        if (job.sequence <= seen) continue;
        seen = job.sequence;
        yield { job };
        if (dropped) throw new UbtError('unavailable', 'going away', { code: 'GOING_AWAY' });
        if (job.state >= JobState.JOB_STATE_SUCCEEDED) return;
      }
    }),
  };
  return {
    handlers,
    watches,
    cancelled,
    change,
    add(name, fields) {
      const state = JobState.JOB_STATE_QUEUED;
      const job = { name, ...fields, state, attempt: 1, sequence: 1n, createTime: now() } as Job;
      jobs.set(name, job);
      return job;
    },
    succeed: (name, result) =>
      change(name, { state: JobState.JOB_STATE_SUCCEEDED, result, startTime: now(), endTime: now() }),
    fail: (name, error) => change(name, { state: JobState.JOB_STATE_FAILED, error, endTime: now() }),
  };
}

function found(jobs: ReadonlyMap<string, Job>, name: string): Job {
  const job = jobs.get(name);
  if (job !== undefined) return job;
  throw new UbtError('not-found', `There is no job ${name}.`, { code: 'JOB_NOT_FOUND' });
}
