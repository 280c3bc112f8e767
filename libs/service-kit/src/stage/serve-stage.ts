import {
  descriptorSetPath,
  eventSubject,
  JobsService,
  type JobError,
  type Run,
  type Stage,
  type StageEvent,
} from '@ubt/contracts';
import type { EventBus, IncomingEvent } from '../bus/event-bus.js';
import { createInProcessBus } from '../bus/in-process-bus.js';
import { createJetStreamBus } from '../bus/jetstream-bus.js';
import type { Environment } from '../config/define-config.js';
import { startGrpcServer, type HostedService } from '../grpc/start-grpc-server.js';
import { createFileJobStore } from '../jobs/file-job-store.js';
import { createJobManager, type JobManager, type JobSubmission } from '../jobs/job-manager.js';
import { jobErrorMessage } from '../jobs/job-message.js';
import { isFinal, type JobRecord } from '../jobs/job-record.js';
import { createJobsHandlers } from '../jobs/jobs-handlers.js';
import { UbtError } from '@ubt/errors';
import { createLogger, type Logger } from '../telemetry/logger.js';
import { startTelemetry, type Telemetry } from '../telemetry/start-telemetry.js';
import type { StageConfig } from './stage-config.js';
import { stageFolders } from './stage-folders.js';

/** What makes a stage's service different from the others. */
export interface StageDefinition {
  readonly stage: Stage;
  readonly config: StageConfig & { readonly port: number };
  /** Variables that the worker must see although they are not in this process's environment. */
  readonly env: Environment;
  /** The file that the job's worker process runs. */
  readonly worker: URL;
  /** The stage's own gRPC services, over its job manager. */
  readonly services: (manager: JobManager, logger: Logger) => readonly HostedService[];
  /** The run a job belongs to, if any. */
  readonly runOf: (job: JobRecord) => Run | undefined;
  /** What a succeeded job adds to its completion event. */
  readonly outcomeOf: (job: JobRecord) => Partial<StageEvent>;
  /** The stage whose completion starts this one, and the job it makes of the event; undefined starts none. */
  readonly startsAfter?: {
    readonly stage: Stage;
    readonly submission: (event: StageEvent) => Omit<JobSubmission, 'stage'> | undefined;
  };
}

/** What a stage may be given instead of making its own. */
export interface StageDependencies {
  readonly bus?: EventBus;
  readonly telemetry?: Telemetry;
  readonly logger?: Logger;
}

/** A served stage. */
export interface ServedStage {
  /** host:port to dial. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Serves a stage: its gRPC services and `ubt.job.v1.Jobs`, its jobs in worker processes, and the event that
 * starts it. Whether a job came by call or by event, it takes the same path.
 *
 * @throws UbtError PORT_IN_USE and whatever else keeps it from starting
 */
export async function serveStage(
  definition: StageDefinition,
  dependencies: StageDependencies = {},
): Promise<ServedStage> {
  const { stage, config } = definition;
  const logger = dependencies.logger ?? createLogger({ name: stage, level: config.logLevel });
  const telemetry = dependencies.telemetry ?? (await stageTelemetry(definition));
  const bus = dependencies.bus ?? openBus(config, logger, telemetry);
  const manager = openManager(definition, bus, logger, telemetry);
  await manager.start();
  const server = await startGrpcServer({
    ...{ host: config.host, port: config.port, logger, telemetry },
    services: [
      ...definition.services(manager, logger),
      { definition: JobsService, implementation: createJobsHandlers(manager) },
    ],
    reflection: { enabled: config.reflection, descriptorSet: descriptorSetPath },
  }).catch(async (error: unknown) => {
    await manager.stop(0);
    throw error;
  });
  const subscription = subscribe(definition, bus, manager);
  const graceMs = config.shutdownGraceSeconds * 1000;
  return {
    address: server.address,
    stop: async () => {
      const stopServer = server.stop(graceMs);
      await subscription?.close(graceMs);
      await manager.stop(graceMs);
      await stopServer;
      if (dependencies.bus === undefined) await bus.close();
      if (dependencies.telemetry === undefined) await telemetry.shutdown();
    },
  };
}

function stageTelemetry({ stage, config }: StageDefinition): Promise<Telemetry> {
  const exporter =
    config.otlpEndpoint !== undefined ? 'otlp' : config.spansFile !== undefined ? 'file' : 'none';
  return startTelemetry({
    serviceName: `ubt-${stage}`,
    exporter,
    ...(config.otlpEndpoint === undefined ? {} : { otlpEndpoint: config.otlpEndpoint }),
    ...(config.spansFile === undefined ? {} : { spansFile: config.spansFile }),
  });
}

function openBus({ natsUrl }: StageConfig, logger: Logger, telemetry: Telemetry): EventBus {
  return natsUrl === undefined
    ? createInProcessBus({ logger, telemetry })
    : createJetStreamBus({ servers: [natsUrl], logger, telemetry });
}

function openManager(
  definition: StageDefinition,
  bus: EventBus,
  logger: Logger,
  telemetry: Telemetry,
): JobManager {
  const { stage, config, worker, env } = definition;
  const folders = stageFolders(config, stage);
  return createJobManager({
    store: createFileJobStore(folders.jobs, logger),
    workDir: folders.work,
    workers: {
      [stage]: {
        entry: worker,
        env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<
          string,
          string
        >,
        ...(config.jobTimeLimitSeconds === 0 ? {} : { timeLimitMs: config.jobTimeLimitSeconds * 1000 }),
      },
    },
    concurrency: config.concurrency,
    announce: (job) => announce(definition, bus, job),
    ...{ logger, telemetry },
  });
}

/** Publishes that a job of a run has started or ended; jobs called alone are nobody's business. */
async function announce(definition: StageDefinition, bus: EventBus, job: JobRecord): Promise<void> {
  const run = definition.runOf(job);
  if (run === undefined) return;
  const kind = job.state === 'SUCCEEDED' ? 'completed' : isFinal(job) ? 'failed' : 'started';
  const error: JobError | undefined = job.error && jobErrorMessage(job.error);
  const event: StageEvent = {
    ...{ run, stage: definition.stage, jobName: job.name, attempt: job.attempt },
    ...{ detection: undefined, selection: undefined, unlearning: undefined, progress: undefined, error },
    ...(kind === 'completed' ? definition.outcomeOf(job) : {}),
  };
  await bus.publish({ kind, data: event });
}

function subscribe({ stage, startsAfter }: StageDefinition, bus: EventBus, manager: JobManager) {
  if (startsAfter === undefined) return undefined;
  return bus.subscribe({
    durable: `${stage}-after-${startsAfter.stage}`,
    subjects: [eventSubject('*', startsAfter.stage, 'completed')],
    handler: async (event, { signal }) => {
      const submission = startsAfter.submission(event.data);
      if (submission === undefined) return;
      const requestId = `${event.runId}:${stage}`;
      const job = await manager.submit({ ...submission, stage, runId: event.runId, requestId });
      failIfRetryable(await manager.wait(job.name, signal), event);
    },
  });
}

/** A job that has its end has used up its own attempts: delivering the event again would only repeat it. */
function failIfRetryable(job: JobRecord, event: IncomingEvent): void {
  if (job.state !== 'FAILED' || job.error === undefined) return;
  throw new UbtError(
    'failed-precondition',
    `${job.name}, started by ${event.id}, failed: ${job.error.message}`,
    {
      code: job.error.code,
    },
  );
}
