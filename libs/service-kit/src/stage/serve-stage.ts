import { descriptorSetPath, JobsService } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { EventBus, IncomingEvent } from '../bus/event-bus.js';
import { createInProcessBus } from '../bus/in-process-bus.js';
import { createJetStreamBus } from '../bus/jetstream-bus.js';
import { startGrpcServer } from '../grpc/start-grpc-server.js';
import type { Announce } from '../jobs/announcer.js';
import { createFileJobStore } from '../jobs/file-job-store.js';
import { createJobManager, type JobManager } from '../jobs/job-manager.js';
import { isFinal, type JobRecord } from '../jobs/job-record.js';
import { createJobsHandlers } from '../jobs/jobs-handlers.js';
import { checkSecurity } from '../security/check-security.js';
import { natsSecurity } from '../security/nats-security.js';
import { openServerSecurity } from '../security/server-security.js';
import { createLogger, type Logger } from '../telemetry/logger.js';
import { startTelemetry, type Telemetry } from '../telemetry/start-telemetry.js';
import { announceJob, announceProgress } from './announce-job.js';
import { progressAnnouncer } from './announce-progress.js';
import type { StageConfig } from './stage-config.js';
import type { CompanionTools, ServedStage, StageDefinition, StageDependencies } from './stage-definition.js';
import { stageConsumer } from './stage-consumer.js';
import { startTidying } from './start-tidying.js';
import { stageFolders } from './stage-folders.js';
import { whenIdle } from './when-idle.js';

/**
 * Serves a stage: its gRPC services and `ubt.job.v1.Jobs`, its jobs in worker processes, and the event that
 * starts it. Whether a job came by call or by event, it takes the same path.
 *
 * Beside the services' own names, health knows `<stage>.events`: whether events can arrive (or, for the first
 * stage, leave). Calls are served without the broker, so it does not make the service NOT_SERVING.
 *
 * @throws UbtError UNPROTECTED, PORT_IN_USE and whatever else keeps it from starting
 */
export async function serveStage(
  definition: StageDefinition,
  dependencies: StageDependencies = {},
): Promise<ServedStage> {
  const { stage, config } = definition;
  const logger = dependencies.logger ?? createLogger({ name: stage, level: config.logLevel });
  checkSecurity(config, logger);
  const security = await openServerSecurity(config, logger);
  const telemetry = dependencies.telemetry ?? (await stageTelemetry(definition));
  const bus = dependencies.bus ?? openBus(config, logger, telemetry);
  const companion = definition.companion?.({ logger, telemetry });
  const announce = async (job: JobRecord) => {
    if (isFinal(job)) await companion?.jobEnded(job);
    await announceJob(definition, bus, job);
  };
  const manager = openManager(definition, bus, announce, { logger, telemetry });
  await manager.start();
  const server = await startGrpcServer({
    ...{ host: config.host, port: config.port, logger, telemetry },
    ...(config.healthPort === undefined ? {} : { healthPort: config.healthPort }),
    credentials: security.credentials,
    interceptors: security.interceptors,
    services: [
      ...definition.services(manager, logger, telemetry.metrics),
      { definition: JobsService, implementation: createJobsHandlers(manager) },
    ],
    reflection: { enabled: config.reflection, descriptorSet: descriptorSetPath },
  }).catch(async (error: unknown) => {
    security.close();
    await manager.stop(0);
    await companion?.stop(0);
    await closeOwn(dependencies, bus, telemetry);
    throw error;
  });
  const tidying = startTidying(config, logger);
  const onEvents = (flowing: boolean) => server.setServing(`${stage}.events`, flowing);
  onEvents(false);
  let connected = false;
  const unobserve = bus.onConnection((state) => (connected = state));
  telemetry.metrics.observeBus(stage, () => connected);
  const subscription = subscribe(definition, bus, manager, onEvents);
  const unwatch = subscription === undefined ? bus.onConnection(onEvents) : undefined;
  const graceMs = config.shutdownGraceSeconds * 1000;
  const idle = whenIdle(config.idleExitSeconds, () => manager.isBusy() || companion?.isBusy() === true);
  return {
    address: server.address,
    healthPort: server.healthPort,
    ...(idle === undefined ? {} : { idle: idle.reached }),
    stop: async () => {
      idle?.stop();
      await tidying.stop();
      const stopServer = server.stop(graceMs);
      unwatch?.();
      unobserve();
      await Promise.all([subscription?.close(graceMs), companion?.stop(graceMs)]);
      await manager.stop(graceMs);
      await stopServer;
      security.close();
      await closeOwn(dependencies, bus, telemetry);
    },
  };
}

/** Ends what the stage made itself; what it was given belongs to the giver. */
async function closeOwn(given: StageDependencies, bus: EventBus, telemetry: Telemetry): Promise<void> {
  if (given.bus === undefined) await bus.close();
  if (given.telemetry === undefined) await telemetry.shutdown();
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

function openBus(config: StageConfig, logger: Logger, telemetry: Telemetry): EventBus {
  const { natsUrl } = config;
  return natsUrl === undefined
    ? createInProcessBus({ logger, telemetry })
    : createJetStreamBus({ servers: [natsUrl], ...natsSecurity(config), logger, telemetry });
}

function openManager(
  definition: StageDefinition,
  bus: EventBus,
  announce: Announce,
  tools: CompanionTools,
): JobManager {
  const { stage, config, worker, env } = definition;
  const folders = stageFolders(config, stage);
  return createJobManager({
    store: createFileJobStore(folders.jobs, tools.logger),
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
    announce,
    onChange: progressAnnouncer((job) => announceProgress(definition, bus, job)),
    ...tools,
  });
}

function subscribe(
  { stage, startsAfter }: StageDefinition,
  bus: EventBus,
  manager: JobManager,
  onState: (consuming: boolean) => void,
) {
  if (startsAfter === undefined) return undefined;
  return bus.subscribe({
    ...stageConsumer(stage, startsAfter.stage),
    onState,
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
