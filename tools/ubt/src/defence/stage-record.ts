import type { Job } from '@ubt/contracts';
import { secondsOf } from '../stages/job-progress.js';
import type { StageRecord } from './run-record.js';

/** What a result folder remembers of a stage's job. */
export function stageRecord(job: Job): StageRecord {
  return { stage: job.stage, job: job.name, seconds: secondsOf(job), attempts: job.attempt };
}
