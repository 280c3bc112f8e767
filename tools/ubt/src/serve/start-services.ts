import { join } from 'node:path';
import type { Stage } from '@ubt/contracts';
import { createInProcessBus } from '@ubt/service-kit';
import type { TextStream } from '../cli-io.js';
import type { CliConfig, Environment } from '../config.js';
import { stageLogger } from '../stages/stage-logger.js';
import { launchers, type StageLaunchers, type StageServer } from '../stages/stage-launchers.js';

/** Which services to start, and how. */
export interface ServicesOptions {
  readonly stages: readonly Stage[];
  readonly host?: string;
  /**
   * Port of the first stage; the others take the next ones. 0 gives each a free one. Without it a stage alone
   * takes UBT_PORT, and all take their own defaults.
   */
  readonly port?: number;
  readonly env: Environment;
  readonly config: CliConfig;
  /** Where the logs go. */
  readonly log: TextStream;
  readonly launch: StageLaunchers | undefined;
}

/** Services that run in this process. */
export interface RunningServices {
  readonly running: readonly { readonly stage: Stage; readonly address: string }[];
  stop(): Promise<void>;
}

/**
 * Starts services as they would run alone. Several in one process share what they would otherwise share
 * through the deployment: the artefacts, and without a NATS server an event bus.
 */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const { stages, env, log } = options;
  const launch = options.launch ?? launchers;
  const together = stages.length > 1;
  const bus = together && !env.UBT_NATS_URL ? createInProcessBus() : undefined;
  const servers: StageServer[] = [];
  const running: { stage: Stage; address: string }[] = [];
  const stop = async () => {
    await Promise.allSettled(servers.map((server) => server.stop()));
    await bus?.close();
  };
  try {
    for (const [index, stage] of stages.entries()) {
      const logger = stageLogger(stage, env, log);
      const serviceEnv = environmentOf(stage, index, options, together);
      const server = await launch[stage]({ env: serviceEnv, logger, ...(bus === undefined ? {} : { bus }) });
      servers.push(server);
      running.push({ stage, address: server.address });
    }
    return { running, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function environmentOf(
  stage: Stage,
  index: number,
  { host, port, env, config }: ServicesOptions,
  together: boolean,
): Environment {
  const ownPort = port === undefined ? undefined : String(nthPort(port, index));
  const folder = join(config.dataDir, 'services');
  return {
    ...env,
    ...(host === undefined ? {} : { UBT_HOST: host }),
    ...(together || ownPort !== undefined ? { UBT_PORT: ownPort } : {}),
    ...(together && env.UBT_HEALTH_PORT
      ? { UBT_HEALTH_PORT: String(nthPort(Number(env.UBT_HEALTH_PORT), index)) }
      : {}),
    ...(together
      ? {
          UBT_DATA_DIR: join(folder, stage),
          UBT_ARTIFACT_ROOTS: [folder, ...config.artifactRoots].join(','),
        }
      : {}),
  };
}

/** The first takes the port, the others the next ones; 0 gives each a free one. */
const nthPort = (first: number, index: number) => (first === 0 ? 0 : first + index);
