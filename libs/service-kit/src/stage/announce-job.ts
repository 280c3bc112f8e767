import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { JobError, StageEvent } from '@ubt/contracts';
import type { EventBus } from '../bus/event-bus.js';
import { jobErrorMessage, progressMessage } from '../jobs/job-message.js';
import { isFinal, type JobRecord } from '../jobs/job-record.js';
import type { StageDefinition } from './stage-definition.js';

/** Publishes that a job of a run has started or ended; jobs called alone are nobody's business. */
export async function announceJob(definition: StageDefinition, bus: EventBus, job: JobRecord): Promise<void> {
  const kind = job.state === 'SUCCEEDED' ? 'completed' : isFinal(job) ? 'failed' : 'started';
  const event = eventOf(definition, job);
  if (event === undefined) return;
  const outcome = kind === 'completed' ? definition.outcomeOf(job) : {};
  await bus.publish({ kind, data: { ...event, ...outcome } });
}

/** Progress is told outside the trace: a span each second would bury the others. */
export async function announceProgress(
  definition: StageDefinition,
  bus: EventBus,
  job: JobRecord,
): Promise<void> {
  const event = eventOf(definition, job);
  if (event === undefined) return;
  const progress = job.progress && progressMessage(job.progress);
  await context.with(suppressTracing(context.active()), () =>
    bus.publish({ kind: 'progress', data: { ...event, progress } }),
  );
}

function eventOf(definition: StageDefinition, job: JobRecord): StageEvent | undefined {
  const run = definition.runOf(job);
  if (run === undefined) return undefined;
  const error: JobError | undefined = job.error && jobErrorMessage(job.error);
  return {
    ...{ run, stage: definition.stage, jobName: job.name, attempt: job.attempt },
    ...{ detection: undefined, selection: undefined, unlearning: undefined, progress: undefined, error },
  };
}
