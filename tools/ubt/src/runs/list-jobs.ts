import { JobsService, JobState, type Job, type Timestamp } from '@ubt/contracts';
import { connect, type ClientSecurity } from '@ubt/service-kit';

/** A job of a service as `ubt runs` and `ubt watch` show it. */
export interface JobSummary {
  readonly name: string;
  readonly stage: string;
  /** queued, running, succeeded, failed or cancelled. */
  readonly state: string;
  readonly runId: string;
  readonly attempt: number;
  readonly created: string | null;
  readonly ended: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** How many jobs to list, of which run. */
export interface ListJobsOptions {
  readonly limit: number;
  readonly runId?: string;
  readonly signal: AbortSignal;
  readonly security: ClientSecurity;
}

const LARGEST_PAGE = 1000;

/** The jobs of a service, newest first, over as many pages as it takes. */
export async function listJobs(
  address: string,
  { limit, runId = '', signal, security }: ListJobsOptions,
): Promise<JobSummary[]> {
  const client = connect(JobsService, address, { security });
  const found: Job[] = [];
  try {
    let pageToken = '';
    do {
      const pageSize = Math.min(limit - found.length, LARGEST_PAGE);
      const page = await client.listJobs({ pageSize, pageToken, runId }, { signal });
      found.push(...page.jobs);
      pageToken = page.nextPageToken;
    } while (pageToken !== '' && found.length < limit);
  } finally {
    client.close();
  }
  return found.slice(0, limit).map(summariseJob);
}

/** A job as it is shown. */
export function summariseJob(job: Job): JobSummary {
  return {
    name: job.name,
    stage: job.stage,
    state: stateName(job.state),
    runId: job.runId,
    attempt: job.attempt,
    created: isoTime(job.createTime),
    ended: isoTime(job.endTime),
    error: job.error === undefined ? null : { code: job.error.reason, message: job.error.message },
  };
}

/** `JOB_STATE_RUNNING` is shown as `running`. */
function stateName(state: JobState): string {
  return (JobState[state] ?? `unknown (${state})`).replace('JOB_STATE_', '').toLowerCase();
}

function isoTime(time: Timestamp | undefined): string | null {
  if (time === undefined) return null;
  return new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6)).toISOString();
}
