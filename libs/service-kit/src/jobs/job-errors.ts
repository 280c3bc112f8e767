import { UbtError } from '@ubt/errors';
import type { JobRecord } from './job-record.js';

/** The reason of a job that somebody ended. */
export function jobCancelled(name: string): UbtError {
  return new UbtError('cancelled', `The job ${name} was cancelled on request.`, { code: 'JOB_CANCELLED' });
}

/** A request id that came with another body before. */
export function requestIdReused(requestId: string, job: string): UbtError {
  return new UbtError(
    'already-exists',
    `The request id ${requestId} belongs to ${job}, made from another request.`,
    {
      code: 'REQUEST_ID_REUSED',
      fix: 'Use a fresh request id for a changed request; repeat the id only for the very same request.',
      violations: [{ field: 'request_id', reason: 'used before with another body' }],
    },
  );
}

/** The service takes no work any more. */
export function serviceStopping(): UbtError {
  return new UbtError('unavailable', 'The service is stopping.', {
    code: 'SERVICE_STOPPING',
    fix: 'Try again in a moment, or on another replica.',
    retryAfterMs: 2_000,
  });
}

/** Too many jobs are waiting. */
export function queueFull(maxQueued: number): UbtError {
  return new UbtError('resource-exhausted', `${maxQueued} jobs are waiting already.`, {
    code: 'QUEUE_FULL',
    fix: 'Wait until some have ended, or add replicas.',
    retryAfterMs: 10_000,
  });
}

/** A stage that another service runs. */
export function stageUnknown(stage: string): UbtError {
  return new UbtError('unimplemented', `This service does not run the stage ${JSON.stringify(stage)}.`, {
    code: 'STAGE_UNKNOWN',
    fix: 'Call the service of that stage.',
  });
}

/** A job that is not in this service's store. */
export function jobNotFound(name: string): UbtError {
  return new UbtError('not-found', `There is no job ${JSON.stringify(name)} here.`, {
    code: 'JOB_NOT_FOUND',
    fix: 'List the jobs of this service; each stage keeps its own.',
    violations: [{ field: 'name', reason: 'no such job' }],
  });
}

/** The error of a job whose workers keep dying. */
export function workerDied(
  { name, stage }: Pick<JobRecord, 'name' | 'stage'>,
  used: number,
  how: string,
): UbtError {
  const times = used === 1 ? 'its only worker' : `the last of its ${used} workers`;
  return new UbtError('aborted', `The ${stage} job ${name} was given up: ${times} ${how}.`, {
    code: 'WORKER_DIED',
    fix: 'Often memory ran out: give the service more of it, or the job less work, and start it again.',
  });
}
