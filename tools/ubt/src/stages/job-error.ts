import { JobState, type Job } from '@ubt/contracts';
import { kindOfGrpcCode, UbtError } from '@ubt/errors';

/** Whether a job has ended, well or badly. */
export function hasEnded({ state }: Job): boolean {
  return (
    state === JobState.JOB_STATE_SUCCEEDED ||
    state === JobState.JOB_STATE_FAILED ||
    state === JobState.JOB_STATE_CANCELLED
  );
}

/** Why a job did not succeed, as an error to throw. */
export function jobFailure({ name, stage, state, error }: Job): UbtError {
  const cancelled = state === JobState.JOB_STATE_CANCELLED;
  const kind = cancelled ? 'cancelled' : kindOfGrpcCode(error?.code ?? 13);
  const why = error?.message || (cancelled ? 'it was cancelled' : 'no reason was recorded');
  return new UbtError(kind, `The ${stage}'s job ${name} did not succeed: ${why}`, {
    code: error?.reason || (cancelled ? 'JOB_CANCELLED' : 'JOB_FAILED'),
    ...(error?.fix ? { fix: error.fix } : {}),
    violations: error?.violations ?? [],
  });
}
