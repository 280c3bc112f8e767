import {
  JobState as WireState,
  type Any,
  type Job,
  type JobError,
  type Progress,
  type Timestamp,
} from '@ubt/contracts';
import { ERROR_KINDS, kindOfGrpcCode, UbtError, type SerializedError } from '@ubt/errors';
import type { JobProgress, JobRecord, JobState, PackedMessage } from './job-record.js';

const WIRE_STATES: Record<JobState, WireState> = {
  QUEUED: WireState.JOB_STATE_QUEUED,
  RUNNING: WireState.JOB_STATE_RUNNING,
  SUCCEEDED: WireState.JOB_STATE_SUCCEEDED,
  FAILED: WireState.JOB_STATE_FAILED,
  CANCELLED: WireState.JOB_STATE_CANCELLED,
};

/** A job as the contract has it. */
export function jobMessage(job: JobRecord): Job {
  return {
    name: job.name,
    stage: job.stage,
    state: WIRE_STATES[job.state],
    runId: job.runId,
    requestId: job.requestId,
    request: anyMessage(job.request),
    result: job.result && anyMessage(job.result),
    error: job.error && jobErrorMessage(job.error),
    progress: job.progress && progressMessage(job.progress),
    attempt: job.attempt,
    createTime: timestamp(job.createTime),
    startTime: job.startTime === undefined ? undefined : timestamp(job.startTime),
    endTime: job.endTime === undefined ? undefined : timestamp(job.endTime),
    sequence: BigInt(job.sequence),
  };
}

/** An error as jobs and events carry it. */
export function jobErrorMessage(error: SerializedError): JobError {
  return {
    code: ERROR_KINDS[error.kind].grpc,
    reason: error.code,
    message: error.message,
    fix: error.fix ?? '',
    violations: (error.violations ?? []).map(({ field, reason }) => ({ field, reason })),
  };
}

/** The error that a job or an event carries. */
export function fromJobError({ code, reason, message, fix, violations }: JobError): UbtError {
  return new UbtError(kindOfGrpcCode(code), message, {
    code: reason,
    ...(fix === '' ? {} : { fix }),
    violations,
  });
}

/** Progress as jobs and events carry it. */
export function progressMessage(progress: JobProgress): Progress {
  const { phase, unit, rate, etaSeconds } = progress;
  const count = (value: number) => BigInt(Math.max(0, Math.round(value)));
  return { phase, done: count(progress.done), total: count(progress.total), unit, rate, etaSeconds };
}

function anyMessage({ typeUrl, value }: PackedMessage): Any {
  return { typeUrl, value: Buffer.from(value) };
}

function timestamp(time: string): Timestamp {
  const milliseconds = Date.parse(time);
  const seconds = Math.floor(milliseconds / 1_000);
  return { seconds: BigInt(seconds), nanos: (milliseconds - seconds * 1_000) * 1_000_000 };
}
