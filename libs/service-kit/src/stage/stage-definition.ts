import type { Run, Stage, StageEvent } from '@ubt/contracts';
import type { EventBus } from '../bus/event-bus.js';
import type { Environment } from '../config/define-config.js';
import type { HostedService } from '../grpc/start-grpc-server.js';
import type { JobManager, JobSubmission } from '../jobs/job-manager.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { Logger } from '../telemetry/logger.js';
import type { ServiceMetrics } from '../telemetry/service-metrics.js';
import type { Telemetry } from '../telemetry/start-telemetry.js';
import type { StageConfig } from './stage-config.js';

/** What makes a stage's service different from the others. */
export interface StageDefinition {
  readonly stage: Stage;
  readonly config: StageConfig & { readonly port: number };
  /** Variables that the worker must see although they are not in this process's environment. */
  readonly env: Environment;
  /** The file that the job's worker process runs. */
  readonly worker: URL;
  /** The stage's own gRPC services, over its job manager. */
  readonly services: (
    manager: JobManager,
    logger: Logger,
    metrics: ServiceMetrics,
  ) => readonly HostedService[];
  /** Starts what runs beside the jobs, if anything does. */
  readonly companion?: (tools: CompanionTools) => StageCompanion | undefined;
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

/** Work that runs in the stage's service beside its jobs. */
export interface StageCompanion {
  /** Whether there is some at hand, so that the service is not idle. */
  isBusy(): boolean;
  /** Told of every job that has ended, before the world is, again and again until it does not throw. */
  jobEnded(job: JobRecord): Promise<void>;
  /** Ends it within `graceMs`; what is not done is for others. */
  stop(graceMs: number): Promise<void>;
}

/** What a companion works with. */
export interface CompanionTools {
  readonly logger: Logger;
  readonly telemetry: Telemetry;
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
  /** Port of the plain-text health service, where one is configured. */
  readonly healthPort?: number | undefined;
  /** Resolves when the service has had no job for `UBT_IDLE_EXIT_SECONDS`; unset means that it stays. */
  readonly idle?: Promise<void>;
  stop(): Promise<void>;
}
