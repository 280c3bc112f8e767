import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DetectorService, JobsService, type Job } from '@ubt/contracts';
import { connect, type ServiceClient } from '@ubt/service-kit';
import {
  startNatsServer,
  startServiceProcess,
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
  type NatsServer,
  type ServiceProcess,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import { resultOf } from './detector-bench.js';

/** A detector of several that share a queue and a store. */
export interface Replica {
  readonly service: ServiceProcess;
  readonly detector: ServiceClient<typeof DetectorService>;
  readonly jobs: ServiceClient<typeof JobsService>;
  leave(how: 'stop' | 'kill'): Promise<void>;
}

/** Data, a broker, and the detectors that are started on them. */
export interface ShardBench {
  readonly directory: TemporaryDirectory;
  readonly data: TinyData;
  readonly broker: NatsServer;
  /** @param name of its own folder; a second replica of the name takes over what the first left */
  start(name: string, env?: Record<string, string>): Promise<Replica>;
  /** Ends every replica but this one: what a failed test left running would take the shards of the next. */
  stopOthers(kept: Replica): Promise<void>;
  close(): Promise<void>;
}

const MAIN = new URL('../dist/main.js', import.meta.url);

/** Pairs, two of which cannot be decoded: one in a stretch that holds another, one at the end. */
export async function startShardBench(pairs = 240): Promise<ShardBench> {
  const directory = await temporaryDirectory('ubt-shards-');
  const data = await writeTinyData(join(directory.path, 'data'), { pairs, poisoned: 24, mislabelled: 6 });
  for (const row of [5, 70]) {
    const image = `images/${String(row).padStart(4, '0')}.png`;
    await writeFile(join(dirname(data.pairs), image), 'no image');
  }
  const broker = await startNatsServer();
  const running = new Set<Replica>();
  const start = async (name: string, env: Record<string, string> = {}) => {
    const service = await startServiceProcess({
      main: MAIN,
      env: {
        ...{ UBT_PORT: '0', UBT_THREADS: '1', UBT_LOG_LEVEL: 'info', UBT_NATS_URL: broker.url },
        ...{ UBT_DATA_DIR: join(directory.path, 'service'), UBT_WORK_DIR: join(directory.path, name) },
        UBT_ARTIFACT_ROOTS: [join(directory.path, 'data'), join(TINY_MODELS.clean, '..')].join(','),
        ...{ UBT_SHARD_PAIRS: '64', UBT_SHARD_FROM_PAIRS: '100', UBT_SHARD_ACK_SECONDS: '2', ...env },
      },
    });
    const detector = connect(DetectorService, service.address);
    const jobs = connect(JobsService, service.address);
    const replica: Replica = {
      ...{ service, detector, jobs },
      leave: async (how) => {
        running.delete(replica);
        detector.close();
        jobs.close();
        await service[how]();
      },
    };
    running.add(replica);
    return replica;
  };
  const stopAll = async (replicas: readonly Replica[]) => {
    await Promise.all(replicas.map((replica) => replica.leave('stop')));
  };
  return {
    ...{ directory, data, broker, start },
    stopOthers: (kept) => stopAll([...running].filter((replica) => replica !== kept)),
    close: async () => {
      await stopAll([...running]);
      await broker.stop();
      await directory.remove();
    },
  };
}

/** The bytes of what a job left that decide what follows: its scores. */
export const scoresOf = (job: Job): Promise<string> =>
  readFile(fileURLToPath(resultOf(job).scores!.uri), 'utf8');

/** The process that measures a service's shards, once it has started. */
export async function shardProcessOf({ pid }: { readonly pid: number }): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ').filter(Boolean)) {
    const command = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('shard.worker.js')) return Number(child);
  }
  return undefined;
}

/** Lines of a service's log that say this, parsed. */
export const logged = ({ service }: Pick<Replica, 'service'>, message: string): Record<string, unknown>[] =>
  service
    .output()
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
