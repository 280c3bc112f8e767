import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Stage } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { createInProcessBus, type Telemetry } from '@ubt/service-kit';
import type { Environment } from '../config.js';
import type { RunFolder } from '../runs/run-journal.js';
import { stageLogger } from './stage-logger.js';
import { launchers, type StageLaunchers, type StageServer } from './stage-launchers.js';

/** What stages in this process work with. */
export interface LocalStagesOptions {
  readonly stages: readonly Stage[];
  readonly folder: RunFolder;
  /** Folders that artefacts may be read from, beside the stages' own. */
  readonly roots: readonly string[];
  /** The person's environment; where the stages listen and keep their files is set here. */
  readonly env: Environment;
  /** Takes the spans of the bus; each stage has its own for everything else. */
  readonly telemetry: Telemetry;
  readonly launch: StageLaunchers | undefined;
}

/** Stages that run in this process. */
export interface LocalStages {
  readonly addresses: Readonly<Partial<Record<Stage, string>>>;
  stop(): Promise<void>;
}

/** Variables that would tie stages of this process to a running deployment. */
const NOT_INHERITED = /^UBT_(NATS_|TLS_|AUTH_FILE$|HEALTH_PORT$|OTLP_ENDPOINT$|ROLE$|WORK_DIR$)/;

/** Starts stages as real gRPC services on free loopback ports, with one in-process event bus among them. */
export async function startLocalStages(options: LocalStagesOptions): Promise<LocalStages> {
  const launch = options.launch ?? launchers;
  await mkdir(dirname(options.folder.log), { recursive: true });
  const log = createWriteStream(options.folder.log, { flags: 'a' });
  const bus = createInProcessBus({ telemetry: options.telemetry });
  const running: StageServer[] = [];
  const stop = async () => {
    await Promise.allSettled(running.map((server) => server.stop()));
    await bus.close();
    await new Promise<void>((resolve) => log.end(resolve));
  };
  try {
    const addresses: [Stage, string][] = [];
    for (const stage of options.stages) {
      const logger = stageLogger(stage, options.env, log);
      const server = await launch[stage]({ env: stageEnvironment(stage, options), bus, logger });
      running.push(server);
      addresses.push([stage, server.address]);
    }
    return { addresses: Object.fromEntries(addresses), stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

function stageEnvironment(stage: Stage, { folder, roots, env }: LocalStagesOptions): Environment {
  const own = Object.entries(env).filter(([name]) => !NOT_INHERITED.test(name));
  return {
    ...Object.fromEntries(own),
    UBT_HOST: '127.0.0.1',
    UBT_PORT: '0',
    UBT_REFLECTION: 'false',
    UBT_DATA_DIR: join(folder.work, stage),
    UBT_ARTIFACT_ROOTS: [folder.work, ...roots].map(listItem).join(','),
    UBT_SPANS_FILE: folder.spans,
  };
}

/** A folder as an item of a comma-separated list. */
function listItem(root: string): string {
  if (!root.includes(',')) return root;
  throw new UbtError('invalid-argument', `The folder ${root} has a comma in its path.`, {
    code: 'ROOT_UNSUPPORTED',
    fix: 'Move the files to a folder without a comma in its path.',
  });
}
