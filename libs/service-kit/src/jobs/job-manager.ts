import { createHash, randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, type Logger } from '../telemetry/logger.js';
import type { JobLoad } from '../telemetry/service-metrics.js';
import { silentTelemetry, type Telemetry } from '../telemetry/start-telemetry.js';
import { injectTrace, type TraceCarrier } from '../telemetry/trace-context.js';
import { createAnnouncer, type Announce } from './announcer.js';
import {
  jobCancelled,
  queueFull,
  requestIdReused,
  serviceStopping,
  stageUnknown,
  workerDied,
} from './job-errors.js';
import { isFinal, type JobRecord, type PackedMessage } from './job-record.js';
import { createJobRegistry, type JobRegistry } from './job-registry.js';
import { runJob, type JobRun } from './job-runner.js';
import type { JobStore } from './job-store.js';
import { listJobs, type JobPage, type JobQuery } from './list-jobs.js';
import type { WorkerOptions } from './worker-process.js';

/** What a job manager works with. */
export interface JobManagerOptions {
  readonly store: JobStore;
  /** Parent of the jobs' own folders, for checkpoints. */
  readonly workDir: string;
  /** How to start the workers of each stage. */
  readonly workers: Readonly<Record<string, WorkerOptions>>;
  /** Jobs that run at once; 1 unless told. */
  readonly concurrency?: number;
  /** Jobs that may wait; 1000 unless told. */
  readonly maxQueued?: number;
  /** Workers a job may use up before it fails; 3 unless told. */
  readonly maxAttempts?: number;
  /** Pause before the second worker, doubled for each further one; 500 ms unless told. */
  readonly retryDelayMs?: number;
  /** Ended jobs to keep; the oldest are forgotten first. 1000 unless told. */
  readonly keepJobs?: number;
  /** Time a cancelled worker gets to leave by itself; 1 s unless told. */
  readonly cancelGraceMs?: number;
  /**
   * Tells the world that a job started or ended, usually by an event. The end is announced at least once: it
   * is tried again until it works, also after a restart. Runs inside the trace of the job.
   */
  readonly announce?: Announce;
  /** Hears of every change, progress included; must not throw. */
  readonly onChange?: (job: JobRecord) => void;
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
}

/** A request for work. */
export interface JobSubmission {
  readonly stage: string;
  /** Same id and same request: same job. A fresh id is made up when it is empty. */
  readonly requestId?: string;
  readonly runId?: string;
  readonly request: PackedMessage;
}

/** Queues jobs and runs each in worker processes of its own. */
export interface JobManager {
  /** Loads the store and takes up what was left queued or running. */
  start(): Promise<void>;
  /**
   * @throws UbtError `already-exists` REQUEST_ID_REUSED, `unavailable` SERVICE_STOPPING, `resource-exhausted`
   *   QUEUE_FULL or DISK_FULL, `unimplemented` STAGE_UNKNOWN
   */
  submit(submission: JobSubmission): Promise<JobRecord>;
  /** @throws UbtError `not-found`, code JOB_NOT_FOUND */
  get(name: string): JobRecord;
  list(query: JobQuery): JobPage;
  /** The record now (if newer than `afterSequence`) and after every change, up to the final one. */
  watch(name: string, afterSequence?: number, signal?: AbortSignal): AsyncGenerator<JobRecord, void>;
  /** The record once the job has ended. */
  wait(name: string, signal?: AbortSignal): Promise<JobRecord>;
  /** Asks a job to end; gives the record as it is then. */
  cancel(name: string): Promise<JobRecord>;
  /** Whether a job waits, runs, or has an end that was not announced yet. */
  isBusy(): boolean;
  /** Asks running workers to write a checkpoint and leave, and puts their jobs back into the queue. */
  stop(graceMs?: number): Promise<void>;
}

/** Creates a job manager; `start` it before use. */
export function createJobManager(options: JobManagerOptions): JobManager {
  const { store, workDir, workers, concurrency = 1, maxAttempts = 3, cancelGraceMs = 1_000 } = options;
  const { maxQueued = 1_000, keepJobs = 1_000, retryDelayMs = 500 } = options;
  const { logger = silentLogger(), telemetry = silentTelemetry() } = options;
  const registry = createJobRegistry(store, (job) => options.onChange?.(job));
  const announcer = createAnnouncer(registry, options.announce, logger);
  const runs = new Map<string, JobRun>();
  const queue: string[] = [];
  const requests = new Map<string, Promise<JobRecord>>();
  let stopping = false;

  const startNext = (): void => {
    while (!stopping && runs.size < concurrency && queue.length > 0) run(queue.shift()!);
  };
  const run = (name: string): void => {
    const job = registry.get(name);
    const worker = workers[job.stage]!;
    if (job.startTime === undefined) telemetry.metrics.jobWaited(job.stage, secondsSince(job.createTime));
    const jobRun = runJob(name, {
      ...{ registry, worker, workDir, maxAttempts, retryDelayMs, logger, telemetry },
    });
    runs.set(name, jobRun);
    announcer.started(name);
    void jobRun.done.then((trace) => {
      runs.delete(name);
      if (isFinal(registry.get(name))) ended(name, trace);
      startNext();
    });
  };
  const ended = (name: string, trace: TraceCarrier): void => {
    const job = registry.get(name);
    telemetry.metrics.jobEnded(
      job.stage,
      job.state.toLowerCase(),
      secondsSince(job.startTime ?? job.createTime),
    );
    announcer.ended(name, trace);
    void forgetOldest();
  };
  const forgetOldest = async (): Promise<void> => {
    const gone = registry
      .all()
      .filter((job) => isFinal(job) && (job.announced || options.announce === undefined))
      .sort((a, b) => (a.createTime < b.createTime ? 1 : -1))
      .slice(keepJobs);
    for (const job of gone) {
      requests.delete(requestKey(job));
      await registry.remove(job.name).catch((err: unknown) => logger.warn({ err }, 'cannot forget a job'));
    }
  };

  const accept = async (submission: IdentifiedSubmission, requestDigest: string): Promise<JobRecord> => {
    const job = await registry.add(newJob(submission, requestDigest));
    queue.push(job.name);
    startNext();
    return registry.get(job.name);
  };
  const submit = async (given: JobSubmission): Promise<JobRecord> => {
    const submission = { ...given, requestId: given.requestId || randomUUID() };
    const { stage, requestId, request } = submission;
    if (workers[stage] === undefined) throw stageUnknown(stage);
    const digest = digestOf(request);
    const earlier = requests.get(requestKey(submission));
    if (earlier !== undefined) {
      const job = await earlier;
      if (job.requestDigest !== digest) throw requestIdReused(requestId, job.name);
      return registry.get(job.name);
    }
    if (stopping) throw serviceStopping();
    if (queue.length >= maxQueued) throw queueFull(maxQueued);
    const accepted = accept(submission, digest);
    requests.set(requestKey(submission), accepted);
    accepted.catch(() => requests.delete(requestKey(submission)));
    return accepted;
  };

  const resume = async (job: JobRecord): Promise<void> => {
    if (job.cancelRequested) return endQueued(job.name);
    const used = job.attempt - job.interruptions;
    if (job.state === 'RUNNING' && used >= maxAttempts) {
      const error = workerDied(job, used, 'ended together with its service').toJSON();
      await end(job.name, { state: 'FAILED', error });
      return ended(job.name, job.trace);
    }
    if (job.state === 'RUNNING') await registry.change(job.name, () => ({ state: 'QUEUED' }), 'memory');
    queue.push(job.name);
  };
  const end = async (name: string, outcome: Partial<JobRecord>): Promise<void> => {
    await registry.change(name, () => ({ ...outcome, endTime: new Date().toISOString() }), 'durable');
    await rm(join(workDir, name.slice(name.indexOf('/') + 1)), { recursive: true, force: true });
  };
  /** A service that was killed between the end of a job and the removal of its folder has left the folder. */
  const removeLeftovers = async (known: readonly JobRecord[]): Promise<void> => {
    const folders = await readdir(workDir).catch(() => []);
    const isEnded = new Set(known.filter(isFinal).map(({ name }) => name));
    for (const folder of folders.filter((name) => isEnded.has(`jobs/${name}`))) {
      await rm(join(workDir, folder), { recursive: true, force: true });
    }
  };
  const endQueued = async (name: string): Promise<void> => {
    await end(name, { state: 'CANCELLED', error: jobCancelled(name).toJSON() });
    ended(name, registry.get(name).trace);
  };

  const waiting = (stage: string) =>
    queue.map((name) => registry.get(name)).filter((job) => job.stage === stage);
  for (const stage of Object.keys(workers)) {
    telemetry.metrics.observeJobs(stage, () => jobLoad(stage, waiting(stage), [...runs.keys()], registry));
  }

  return {
    submit,
    get: registry.get,
    list: (query) => listJobs(registry.all(), query),
    watch: (name, afterSequence = 0, signal) => registry.watch(name, afterSequence, signal),
    start: async () => {
      await registry.load();
      const known = [...registry.all()].sort((a, b) => (a.createTime < b.createTime ? -1 : 1));
      for (const job of known) requests.set(requestKey(job), Promise.resolve(job));
      const left = known.filter((job) => !isFinal(job) && workers[job.stage] !== undefined);
      // Those that had begun go first: they hold checkpoints.
      for (const job of left.filter(({ state }) => state === 'RUNNING')) await resume(job);
      for (const job of left.filter(({ state }) => state === 'QUEUED')) await resume(job);
      for (const job of known) if (isFinal(job) && !job.announced) announcer.ended(job.name, job.trace);
      await removeLeftovers(known);
      await forgetOldest();
      startNext();
    },
    isBusy: () =>
      [...registry.all()].some((job) => !isFinal(job) || (!job.announced && options.announce !== undefined)),
    wait: async (name, signal) => {
      for await (const job of registry.watch(name, 0, signal)) if (isFinal(job)) return job;
      return registry.get(name);
    },
    cancel: async (name) => {
      if (isFinal(registry.get(name))) return registry.get(name);
      await registry.change(name, (job) => (isFinal(job) ? undefined : { cancelRequested: true }), 'durable');
      const position = queue.indexOf(name);
      if (position >= 0) {
        queue.splice(position, 1);
        await endQueued(name);
      } else {
        runs.get(name)?.interrupt({ kind: 'cancel', reason: jobCancelled(name) }, cancelGraceMs);
      }
      return registry.get(name);
    },
    stop: async (graceMs = 10_000) => {
      stopping = true;
      for (const run of runs.values())
        run.interrupt({ kind: 'service-stop', reason: serviceStopping() }, graceMs);
      await Promise.all([...runs.values()].map(({ done }) => done));
      await announcer.stop();
    },
  };
}

type IdentifiedSubmission = JobSubmission & { readonly requestId: string };

function newJob(submission: IdentifiedSubmission, requestDigest: string): JobRecord {
  return {
    name: `jobs/${randomUUID()}`,
    stage: submission.stage,
    state: 'QUEUED',
    runId: submission.runId ?? '',
    requestId: submission.requestId,
    requestDigest,
    request: submission.request,
    attempt: 0,
    interruptions: 0,
    createTime: new Date().toISOString(),
    sequence: 1,
    cancelRequested: false,
    announced: false,
    trace: injectTrace(),
  };
}

function jobLoad(
  stage: string,
  queued: readonly JobRecord[],
  running: readonly string[],
  registry: JobRegistry,
): JobLoad {
  const oldest = queued.map(({ createTime }) => createTime).sort()[0];
  return {
    queued: queued.length,
    running: running.filter((name) => registry.get(name).stage === stage).length,
    oldestQueuedSeconds: oldest === undefined ? 0 : secondsSince(oldest),
  };
}

function requestKey({ stage, requestId }: { stage: string; requestId: string }): string {
  return `${stage} ${requestId}`;
}

function digestOf({ typeUrl, value }: PackedMessage): string {
  return createHash('sha256').update(typeUrl).update('\0').update(value).digest('hex');
}

function secondsSince(time: string): number {
  return Math.max(0, (Date.now() - Date.parse(time)) / 1_000);
}
