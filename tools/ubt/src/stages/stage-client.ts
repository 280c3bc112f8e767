import { DetectorService, JobsService, SelectorService, UnlearnerService, type Stage } from '@ubt/contracts';
import { connect, type ClientSecurity, type ServiceClient, type Telemetry } from '@ubt/service-kit';

/** The job calls of one stage's service. */
export type JobsClient = ServiceClient<typeof JobsService>;

/** A stage's service, reached over gRPC. */
export interface StageClient {
  readonly stage: Stage;
  readonly address: string;
  readonly jobs: JobsClient;
  close(): void;
}

/** How a client connects. */
export interface ClientOptions {
  readonly telemetry?: Telemetry;
  readonly security?: ClientSecurity;
}

/** Connects to the job calls of a stage's service; nothing is dialled before the first call. */
export function connectStage(stage: Stage, address: string, options: ClientOptions = {}): StageClient {
  const jobs = connect(JobsService, address, options);
  return { stage, address, jobs, close: () => jobs.close() };
}

const DEFINITIONS = { detector: DetectorService, selector: SelectorService, unlearner: UnlearnerService };

/** Opens the stage's own service, runs `call` on it and closes it again. */
export async function withService<S extends Stage, T>(
  stage: S,
  address: string,
  options: ClientOptions,
  call: (client: ServiceClient<(typeof DEFINITIONS)[S]>) => Promise<T>,
): Promise<T> {
  const client = connect(DEFINITIONS[stage], address, options);
  try {
    return await call(client);
  } finally {
    client.close();
  }
}
