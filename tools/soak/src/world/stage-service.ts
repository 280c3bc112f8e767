import { JobsService, type Stage } from '@ubt/contracts';
import { connect, type ServiceClient } from '@ubt/service-kit';
import { HealthService, startServiceProcess } from '@ubt/test-kit';

/** A stage's service in a process of its own. */
export interface StageService {
  readonly stage: Stage;
  readonly address: string;
  readonly jobs: ServiceClient<typeof JobsService>;
  readonly health: ServiceClient<typeof HealthService>;
  /** What it has logged so far. */
  output(): string;
  kill(): Promise<void>;
}

const START_LIMIT_MS = 300_000;

/** Starts the built service of a stage. */
export async function startStageService(
  stage: Stage,
  env: Readonly<Record<string, string>>,
): Promise<StageService> {
  const main = new URL(`../../../../services/${stage}/dist/main.js`, import.meta.url);
  const { address, output, kill } = await startServiceProcess({ main, env, timeoutMs: START_LIMIT_MS });
  const [jobs, health] = [connect(JobsService, address), connect(HealthService, address)];
  return {
    ...{ stage, address, jobs, health, output },
    kill: async () => {
      for (const client of [jobs, health]) client.close();
      await kill();
    },
  };
}
