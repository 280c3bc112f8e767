import { UbtError } from '@ubt/errors';
import type { JobRecord } from './job-record.js';

/** Which jobs to list. */
export interface JobQuery {
  /** 1 to 1000; 0 means 50. */
  readonly pageSize?: number;
  /** From the page before; empty for the first. */
  readonly pageToken?: string;
  /** Empty for all. */
  readonly runId?: string;
}

/** A page of jobs, newest first; the token is empty on the last page. */
export interface JobPage {
  readonly jobs: readonly JobRecord[];
  readonly nextPageToken: string;
}

/**
 * Cuts a page out of all jobs. Jobs that come in between two pages do not shift the second one.
 *
 * @throws UbtError `invalid-argument`, code PAGE_SIZE_INVALID or PAGE_TOKEN_INVALID
 */
export function listJobs(all: readonly JobRecord[], query: JobQuery): JobPage {
  const { pageSize = 0, pageToken = '', runId = '' } = query;
  if (!Number.isInteger(pageSize) || pageSize < 0 || pageSize > 1_000) throw badPageSize(pageSize);
  const after = pageToken === '' ? undefined : decodeToken(pageToken);
  const rest = all
    .filter((job) => runId === '' || job.runId === runId)
    .sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1))
    .filter((job) => after === undefined || sortKey(job) < after);
  const jobs = rest.slice(0, pageSize === 0 ? 50 : pageSize);
  const last = jobs.at(-1);
  const nextPageToken = last === undefined || jobs.length === rest.length ? '' : encodeToken(sortKey(last));
  return { jobs, nextPageToken };
}

function sortKey({ createTime, name }: JobRecord): string {
  return `${createTime} ${name}`;
}

function encodeToken(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decodeToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  if (/^\S+ jobs\/\S+$/.test(key)) return key;
  throw new UbtError('invalid-argument', 'The page token is not one of this service.', {
    code: 'PAGE_TOKEN_INVALID',
    fix: 'Pass next_page_token of the page before, unchanged, or nothing for the first page.',
    violations: [{ field: 'page_token', reason: 'not a token of this service' }],
  });
}

function badPageSize(pageSize: number): UbtError {
  return new UbtError('invalid-argument', `A page of ${pageSize} jobs is not possible.`, {
    code: 'PAGE_SIZE_INVALID',
    fix: 'Ask for 1 to 1000 jobs, or 0 for the default.',
    violations: [{ field: 'page_size', reason: 'must be 0 to 1000' }],
  });
}
