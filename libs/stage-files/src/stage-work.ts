import { z } from 'zod';

/** The job that did a stage's work, for the report. */
export const stageWorkSchema = z.object({
  /** `jobs/{id}`. */
  jobName: z.string(),
  /** Attempts up to this one, at least 1. */
  attempts: z.int().positive(),
  /** Seconds of the last attempt. */
  seconds: z.number().nonnegative(),
});
export type StageWork = z.infer<typeof stageWorkSchema>;

/**
 * What a job's worker did so far.
 *
 * @param job name and attempt, from 1
 * @param startedAt `performance.now()` at the start of the attempt
 */
export function stageWork(
  job: { readonly job: string; readonly attempt: number },
  startedAt: number,
): StageWork {
  return { jobName: job.job, attempts: job.attempt, seconds: (performance.now() - startedAt) / 1000 };
}
