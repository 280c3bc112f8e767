export { defineConfig, type Environment } from './config/define-config.js';
export { describeConfig } from './config/describe-config.js';
export { flagField, integerField, listField, portField } from './config/fields.js';
export { type CallContext } from './grpc/call-context.js';
export {
  connect,
  type CallSettings,
  type ClientMethod,
  type ConnectOptions,
  type ServiceClient,
} from './grpc/connect.js';
export { bidi, serverStream, unary } from './grpc/handlers.js';
export { fromServiceError, toServiceError } from './grpc/service-error.js';
export {
  serviceName,
  startGrpcServer,
  type GrpcServer,
  type GrpcServerOptions,
  type HostedService,
  type ServerKeepalive,
  type ServerLimits,
} from './grpc/start-grpc-server.js';
export {
  activeLogger,
  createLogger,
  silentLogger,
  type Logger,
  type LoggerOptions,
} from './telemetry/logger.js';
export { recordFailure, runInSpan, type SpanRun } from './telemetry/run-in-span.js';
export { type ServiceMetrics } from './telemetry/service-metrics.js';
export { type SpanJson } from './telemetry/span-json.js';
export {
  silentTelemetry,
  startTelemetry,
  type Telemetry,
  type TelemetryOptions,
} from './telemetry/start-telemetry.js';
export { extractTrace, injectTrace, type TraceCarrier } from './telemetry/trace-context.js';
export { type Announce } from './jobs/announcer.js';
export { createFileJobStore } from './jobs/file-job-store.js';
export {
  createJobManager,
  type JobManager,
  type JobManagerOptions,
  type JobSubmission,
} from './jobs/job-manager.js';
export { fromJobError, jobErrorMessage, jobMessage, progressMessage } from './jobs/job-message.js';
export {
  isFinal,
  JOB_STATES,
  type JobProgress,
  type JobRecord,
  type JobState,
  type PackedMessage,
} from './jobs/job-record.js';
export { type JobStore } from './jobs/job-store.js';
export { createJobsHandlers } from './jobs/jobs-handlers.js';
export { type JobPage, type JobQuery } from './jobs/list-jobs.js';
export { progressMeter, type ProgressReport } from './jobs/progress-meter.js';
export { runWorker, type WorkerContext, type WorkerHandler } from './jobs/run-worker.js';
export { type WorkerOptions } from './jobs/worker-process.js';
export { checkRequest, type CommonRequest } from './stage/check-request.js';
export { jobRequest, unpackJobMessage } from './stage/job-request.js';
export { serveStage } from './stage/serve-stage.js';
export {
  type CompanionTools,
  type ServedStage,
  type StageCompanion,
  type StageDefinition,
  type StageDependencies,
} from './stage/stage-definition.js';
export { engineOptions, stageConfigFields, type StageConfig } from './stage/stage-config.js';
export { artifactPlaces, artifactsFolder, localRoots, stageFolders } from './stage/stage-folders.js';
export { runService } from './stage/run-service.js';
export { childEnvironment, processEnvironment } from './config/process-environment.js';
export { forkWorker } from './jobs/fork-worker.js';
export { checkRanges, type OptionRange } from './stage/check-ranges.js';
export {
  type DeadLetter,
  type DeliveryContext,
  type EventBus,
  type IncomingEvent,
  type OutgoingEvent,
  type SubscribeOptions,
  type Subscription,
} from './bus/event-bus.js';
export {
  createInProcessBroker,
  type InProcessBroker,
  type InProcessBrokerOptions,
} from './bus/in-process-broker.js';
export { createInProcessBus, type InProcessBus, type InProcessBusOptions } from './bus/in-process-bus.js';
export { type NatsOptions } from './bus/jetstream-connection.js';
export { prepareBroker, type PrepareBrokerOptions, type PreparedBroker } from './bus/prepare-broker.js';
export { stageConsumers } from './stage/stage-consumer.js';
export { createJetStreamBus, type JetStreamBusOptions } from './bus/jetstream-bus.js';
export { checkSecurity, usesNatsTls } from './security/check-security.js';
export {
  noClientSecurity,
  openClientSecurity,
  type ClientSecurity,
  type ClientSecuritySettings,
} from './security/client-security.js';
export { parseAccessPolicy } from './security/access-policy.js';
export { natsSecurity } from './security/nats-security.js';
export { METHODS, ROLES } from './security/roles.js';
export { securityConfigFields, type SecurityConfig } from './security/security-config.js';
export { newToken, tokenDigest } from './security/tokens.js';
export { redactSecrets } from './telemetry/redact-secrets.js';
export { createWorkQueue, type WorkQueueOptions } from './work-queue/jetstream-work-queue.js';
export { type WorkType } from './work-queue/work-envelope.js';
export {
  type WorkDelivery,
  type WorkKey,
  type WorkLoad,
  type WorkOptions,
  type WorkQueue,
  type WorkResult,
} from './work-queue/work-queue.js';
