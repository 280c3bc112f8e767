import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpanKind, type Span } from '@opentelemetry/api';
import { UbtError } from '@ubt/errors';
import type { Logger } from '../telemetry/logger.js';
import { recordFailure, runInSpan } from '../telemetry/run-in-span.js';
import type { Telemetry } from '../telemetry/start-telemetry.js';
import { extractTrace, injectTrace, type TraceCarrier } from '../telemetry/trace-context.js';
import {
  interruptedEnd,
  jobOutcome,
  type Interruption,
  type JobEnd,
  type JobOutcome,
} from './job-outcome.js';
import type { JobProgress, JobRecord } from './job-record.js';
import type { JobRegistry } from './job-registry.js';
import { endLeftoverWorker, noteWorker } from './leftover-worker.js';
import { progressMeter } from './progress-meter.js';
import { relayLog } from './relay-log.js';
import { startWorker, type WorkerNews, type WorkerOptions, type WorkerProcess } from './worker-process.js';

/** What running jobs takes. */
export interface JobRunnerOptions {
  readonly registry: JobRegistry;
  readonly worker: WorkerOptions;
  /** Parent of the jobs' own folders. */
  readonly workDir: string;
  readonly maxAttempts: number;
  readonly retryDelayMs: number;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** A job in the hands of workers. */
export interface JobRun {
  /** Settles when the job has ended or is queued again; gives the trace that its last worker ran in. */
  readonly done: Promise<TraceCarrier>;
  interrupt(interruption: Interruption, graceMs: number): void;
}

const PROGRESS_INTERVAL_MS = 100;
const TIME_LIMIT_GRACE_MS = 1_000;
const SAVE_ATTEMPTS = 3;

/** Runs a job to its end, in one worker process after the other if they die. */
export function runJob(name: string, options: JobRunnerOptions): JobRun {
  const { registry, worker: workerOptions, telemetry } = options;
  const { stage } = registry.get(name);
  const logger = options.logger.child({ job: name });
  const directory = join(options.workDir, name.slice(name.indexOf('/') + 1));
  const pause = new AbortController();
  let interruption: Interruption | undefined;
  let worker: WorkerProcess | undefined;
  let lastTrace: TraceCarrier = registry.get(name).trace;

  const interrupt = (given: Interruption, graceMs: number) => {
    // A cancellation outranks the end of the service, nothing outranks a cancellation.
    if (interruption === undefined || given.kind === 'cancel') interruption = given;
    pause.abort();
    worker?.cancel(given.reason, graceMs);
  };

  const attempt = async (job: JobRecord, span: Span): Promise<JobOutcome> => {
    lastTrace = injectTrace();
    await endLeftoverWorker(directory, name);
    await mkdir(directory, { recursive: true });
    const start = {
      ...{ type: 'start' as const, job: name, stage, runId: job.runId, attempt: job.attempt },
      ...{ workDir: directory, request: job.request, trace: lastTrace },
      ...{ recording: telemetry.recording, logLevel: logger.level },
    };
    const started = startWorker(workerOptions, start, newsHandler(name, options, logger));
    worker = started;
    await noteWorker(directory, worker.pid).catch((thrown: unknown) => endUnnoted(started, thrown));
    if (interruption !== undefined) worker.cancel(interruption.reason, 0);
    const limit = timeLimit(job, workerOptions.timeLimitMs, interrupt);
    const ended = await worker.outcome.finally(() => clearTimeout(limit));
    worker = undefined;
    if (ended.kind === 'died' && interruption === undefined) telemetry.metrics.workerDied(stage);
    const outcome = jobOutcome(job, ended, interruption, options.maxAttempts);
    if ('error' in outcome) recordFailure(span, UbtError.fromJSON(outcome.error));
    return outcome;
  };

  const run = async (): Promise<void> => {
    for (;;) {
      const job = await registry.change(name, takeUp, 'durable');
      logger.info({ attempt: job.attempt }, 'job starts');
      const span = { name: `job ${stage}`, kind: SpanKind.INTERNAL, attributes: attributesOf(job) };
      const parent = extractTrace(job.trace);
      const outcome = await runInSpan(telemetry.tracer, { ...span, parent }, (span) => attempt(job, span));
      if (outcome.state !== 'RUNNING') return settle(name, outcome, registry, logger);
      logger.warn({ attempt: job.attempt, how: outcome.how }, 'worker died; another one takes over');
      const delay = options.retryDelayMs * 2 ** (job.attempt - 1);
      await sleep(delay, undefined, { signal: pause.signal }).catch(() => undefined);
      if (interruption !== undefined) return settle(name, interruptedEnd(interruption), registry, logger);
    }
  };

  const done = run()
    .catch((thrown: unknown) => settle(name, failed(thrown), registry, logger))
    .then(async () => {
      if (registry.get(name).state !== 'QUEUED') await rm(directory, { recursive: true, force: true });
      return lastTrace;
    });
  return { done, interrupt };
}

/** What is known of a dead attempt's progress is not where the next one goes on, and may be older than it was. */
const STARTING_AGAIN: JobProgress = {
  ...{ phase: 'starting again', done: 0, total: 0, unit: 'steps' },
  ...{ rate: 0, etaSeconds: 0 },
};

function takeUp(record: JobRecord): Partial<JobRecord> {
  return {
    ...(record.attempt > 0 ? { progress: STARTING_AGAIN } : {}),
    state: 'RUNNING',
    attempt: record.attempt + 1,
    startTime: record.startTime ?? new Date().toISOString(),
  };
}

/** A worker that nobody can find after a crash must not go on when its job has failed. */
async function endUnnoted(worker: WorkerProcess, thrown: unknown): Promise<never> {
  const error = UbtError.from(thrown);
  worker.cancel(error, 0);
  await worker.outcome;
  throw error;
}

/** Writes the end of a job down; when even that fails, the job has failed for as long as the service lives. */
async function settle(name: string, outcome: JobEnd, registry: JobRegistry, logger: Logger): Promise<void> {
  const end = (record: JobRecord): Partial<JobRecord> =>
    outcome.state === 'QUEUED'
      ? { state: 'QUEUED', interruptions: record.interruptions + 1 }
      : { ...outcome, endTime: new Date().toISOString() };
  for (let attempt = 1; ; attempt++) {
    try {
      const { state, error } = await registry.change(name, end, 'durable');
      logger.info({ state, ...(error === undefined ? {} : { error }) }, 'job ended');
      return;
    } catch (thrown) {
      logger.error({ err: thrown }, 'cannot write the end of a job');
      if (attempt === SAVE_ATTEMPTS) {
        await registry.change(
          name,
          () => ({ ...failed(thrown), endTime: new Date().toISOString() }),
          'memory',
        );
        return;
      }
      await sleep(100 * attempt);
    }
  }
}

function failed(thrown: unknown) {
  return { state: 'FAILED' as const, error: UbtError.from(thrown).toJSON() };
}

function newsHandler(name: string, options: JobRunnerOptions, logger: Logger): (news: WorkerNews) => void {
  const meter = progressMeter();
  let last = { at: -Infinity, phase: '' };
  return (news) => {
    if (news.type === 'log') return relayLog(logger, news.line);
    if (news.type === 'spans') return options.telemetry.exportSpans(news.spans);
    if (news.type === 'scores') {
      for (const score of news.scores) options.telemetry.metrics.pairScored(score, news.method, 'job');
      return;
    }
    if (news.type === 'checkpoint') return logger.info({ checkpoint: news.note }, 'checkpoint written');
    const at = performance.now();
    const progress = meter(news.report, at);
    const complete = progress.total > 0 && progress.done >= progress.total;
    if (at - last.at < PROGRESS_INTERVAL_MS && progress.phase === last.phase && !complete) return;
    last = { at, phase: progress.phase };
    const note = (job: JobRecord) => (job.state === 'RUNNING' ? { progress } : undefined);
    options.registry.change(name, note, 'lazy').catch(() => undefined);
  };
}

function timeLimit(job: JobRecord, limitMs: number | undefined, interrupt: JobRun['interrupt']) {
  if (limitMs === undefined) return undefined;
  const message = `The ${job.stage} job ${job.name} took longer than its limit of ${limitMs / 1_000} s.`;
  const reason = new UbtError('deadline-exceeded', message, {
    code: 'JOB_TIME_LIMIT',
    fix: 'Raise the time limit of jobs, or give the job less work.',
  });
  return setTimeout(() => interrupt({ kind: 'time-limit', reason }, TIME_LIMIT_GRACE_MS), limitMs);
}

function attributesOf(job: JobRecord) {
  return {
    'ubt.job': job.name,
    'ubt.stage': job.stage,
    'ubt.job.attempt': job.attempt,
    ...(job.runId === '' ? {} : { 'ubt.run': job.runId }),
  };
}
