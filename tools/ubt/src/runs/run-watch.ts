import { JobsService, JobState, type Job } from '@ubt/contracts';
import { connect, type ClientSecurity } from '@ubt/service-kit';
import type { ActionContext } from '../cli.js';
import { exitCodeOf, EXIT } from '../output/exit-code.js';
import { duration } from '../output/format.js';
import { withRemoteSecurity, type RemoteFlags } from '../options/remote-options.js';
import { findRunJob, type JobsOf } from '../stages/find-run-job.js';
import { jobFailure } from '../stages/job-error.js';
import { describeProgress, secondsOf } from '../stages/job-progress.js';
import { watchJob } from '../stages/watch-job.js';
import { resultOfAnyStage } from './any-stage-result.js';
import { summariseJob } from './list-jobs.js';

const LONGEST_WAIT_MS = 60_000;

/** Follows a job and prints what came of it. Interrupting it leaves the job alone. @returns the exit code */
export async function runWatch(
  flags: RemoteFlags,
  context: ActionContext,
  args: readonly string[],
): Promise<number> {
  return withRemoteSecurity(flags, context.config, (security) => watch(security, context, args));
}

async function watch(
  security: ClientSecurity,
  { output, signal }: ActionContext,
  [address = '', named = '']: readonly string[],
): Promise<number> {
  const service = { stage: 'service', address, jobs: connect(JobsService, address, { security }) };
  const progress = output.progress([{ key: named, title: named }]);
  try {
    const onUpdate = (job: Job) => progress.update(named, describeProgress(job));
    const job = await watchJob(service.jobs, await jobName(service, named, signal), { signal, onUpdate });
    if (job.state !== JobState.JOB_STATE_SUCCEEDED) {
      progress.fail(named, job.error?.reason ?? 'it did not succeed');
      throw jobFailure(job);
    }
    progress.done(named, duration(secondsOf(job)));
    await progress.close();
    const { json, verdict, outcome } = resultOfAnyStage(job);
    output.result({ job: summariseJob(job), result: json }, [`${job.name} succeeded.`]);
    return verdict === undefined && outcome === undefined ? EXIT.ok : exitCodeOf(verdict, outcome);
  } finally {
    await progress.close();
    service.jobs.close();
  }
}

/** A job's name as it is, or the name of a run's job at this service once it is there. */
async function jobName(service: JobsOf, named: string, signal: AbortSignal): Promise<string> {
  if (named.startsWith('jobs/')) return named;
  return (await findRunJob(service, named, { signal, timeoutMs: LONGEST_WAIT_MS })).name;
}
