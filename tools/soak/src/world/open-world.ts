import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createArtifactStore, type ArtifactStore } from '@ubt/artifacts';
import { STAGES, type Stage } from '@ubt/contracts';
import {
  startNatsServer,
  startS3Server,
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
  type NatsServer,
  type S3Server,
  type TinyData,
} from '@ubt/test-kit';
import { createBrokerAdmin, type BrokerAdmin } from './broker-admin.js';
import { createFaultSwitches, type FaultSwitches } from './fault-switches.js';
import { startStageService, type StageService } from './stage-service.js';
import { startStoreProxy, type StoreProxy } from './store-proxy.js';

/** Where the stages of a world keep their artefacts. */
export type StoreKind = 'folder' | 's3';

/** A broker, the three services as processes, and what they share. */
export interface World {
  readonly store: StoreKind;
  readonly data: TinyData;
  readonly broker: NatsServer;
  readonly admin: BrokerAdmin;
  readonly switches: FaultSwitches;
  /** Between the stages and S3; only in a world with that store. */
  readonly proxy: StoreProxy | undefined;
  /** Reads what the stages have written, past the proxy. */
  readonly artifacts: ArtifactStore;
  /** The running service; undefined while it is down. */
  stage(stage: Stage): StageService | undefined;
  /** SIGKILL; the stage is down until `revive`. */
  killStage(stage: Stage): Promise<void>;
  revive(stage: Stage): Promise<void>;
  /** Folder in which a job works, and the process that does, while there is one. */
  workFolder(stage: Stage, job: string): string;
  workerPid(stage: Stage, job: string): Promise<number | undefined>;
  /** All that the processes of a stage have logged. */
  log(stage: Stage): string;
  close(): Promise<void>;
}

/** Opens a world on loopback, in a temporary folder. @param pairs number of image-caption pairs */
export async function openWorld(store: StoreKind, pairs: number): Promise<World> {
  const directory = await temporaryDirectory('ubt-soak-');
  const opened: (() => Promise<unknown>)[] = [() => directory.remove()];
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const given = { pairs, poisoned: Math.floor(pairs / 12), mislabelled: 0 };
    const data = await writeTinyData(join(directory.path, 'data'), given);
    const broker = await startNatsServer();
    opened.push(() => broker.stop());
    const s3 = store === 's3' ? await startS3Server(['soak']) : undefined;
    if (s3 !== undefined) opened.push(() => s3.stop());
    const proxy = s3 && (await startStoreProxy(s3.endpoint));
    if (proxy !== undefined) opened.push(() => proxy.close());
    const place: Place = { folder: directory.path, broker, s3, proxy };
    const services = createServices(place);
    opened.push(services.close);
    await Promise.all(STAGES.map(services.revive));
    return {
      ...{ store, data, broker, proxy, ...services },
      admin: createBrokerAdmin(broker.url),
      artifacts: readerOf(place),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Place {
  readonly folder: string;
  readonly broker: NatsServer;
  readonly s3: S3Server | undefined;
  readonly proxy: StoreProxy | undefined;
}

function createServices(place: Place) {
  const switches = createFaultSwitches(place.folder);
  const running = new Map<Stage, StageService>();
  const logs = new Map<Stage, string>();
  const killStage = async (stage: Stage) => {
    const service = running.get(stage);
    running.delete(stage);
    await service?.kill();
    logs.set(stage, `${logs.get(stage) ?? ''}${service?.output() ?? ''}`);
  };
  const workFolder = (stage: Stage, job: string) =>
    join(place.folder, 'ubt', stage, 'work', job.slice(job.indexOf('/') + 1));
  return {
    ...{ switches, killStage, workFolder },
    stage: (stage: Stage) => running.get(stage),
    revive: async (stage: Stage) => {
      running.set(stage, await startStageService(stage, environment(place, switches.nodeOptions(stage))));
    },
    workerPid: async (stage: Stage, job: string) => {
      const text = await readFile(join(workFolder(stage, job), 'worker.pid'), 'utf8').catch(() => '');
      return text === '' ? undefined : Number(text);
    },
    log: (stage: Stage) => `${logs.get(stage) ?? ''}${running.get(stage)?.output() ?? ''}`,
    close: async () => void (await Promise.all([...running.keys()].map(killStage))),
  };
}

function environment({ folder, broker, s3, proxy }: Place, nodeOptions: string): Record<string, string> {
  return {
    ...{ UBT_PORT: '0', UBT_LOG_LEVEL: 'info', UBT_THREADS: '1', UBT_CHECKPOINT_SECONDS: '0' },
    ...{ UBT_DATA_DIR: join(folder, 'ubt'), UBT_NATS_URL: broker.url, NODE_OPTIONS: nodeOptions },
    UBT_ARTIFACT_ROOTS: [join(folder, 'data'), join(TINY_MODELS.clean, '..')].join(','),
    ...(s3 === undefined || proxy === undefined
      ? {}
      : {
          ...{ UBT_ARTIFACT_STORE: 's3://soak/runs', UBT_S3_ENDPOINT: proxy.endpoint },
          AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
        }),
  };
}

function readerOf({ folder, s3 }: Place): ArtifactStore {
  return createArtifactStore({
    roots: [folder, join(TINY_MODELS.clean, '..'), 's3://soak/runs'],
    writeRoot: join(folder, 'read'),
    workFolder: join(folder, 'read'),
    s3: s3 === undefined ? {} : { endpoint: s3.endpoint, credentials: s3.credentials },
  });
}
