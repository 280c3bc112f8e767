import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  DetectorService,
  DetectRequest,
  DetectResult,
  JobsService,
  unpackAny,
  type Job,
} from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { connect, fromJobError } from '@ubt/service-kit';
import { startNatsServer, startServiceProcess, TINY_MODELS, type ServiceProcess } from '@ubt/test-kit';
import { processCost } from './process-cost.js';
import type { ScaleOutCell } from './scale-out-results.js';
import type { ScaleOutOptions } from './scale-out-options.js';

/** Where the data sets lie, and which to measure. */
export interface ScaleSeries extends Pick<ScaleOutOptions, 'shardPairs' | 'method' | 'threads'> {
  readonly replicas: number;
  /** Folder that holds the data sets and takes the services' files. */
  readonly folder: string;
  /** Tables to detect on, in order; a first one that only warms up goes unmeasured. */
  readonly tables: readonly { readonly pairs: number; readonly path: string }[];
  /** Told of each result. */
  readonly onCell: (cell: ScaleOutCell) => void;
}

const MAIN = new URL('../../../../services/detector/dist/main.js', import.meta.url);

/**
 * Detects on one data set after the other with a number of replicas that are started once. The first data set warms
 * them up: their processes start and load the model.
 */
export async function measureScale(series: ScaleSeries): Promise<void> {
  const { replicas } = series;
  await using broker = replicas === 0 ? undefined : await startNatsServer();
  const url = broker?.url ?? '';
  const services: ServiceProcess[] = [];
  try {
    const coordinator = await start(series, 'coordinator', url, replicas === 0 ? 'all' : 'jobs');
    services.push(coordinator);
    for (let at = 0; at < replicas; at++) services.push(await start(series, `replica-${at}`, url, 'shards'));
    for (const [at, table] of series.tables.entries()) {
      const before = await Promise.all(services.map(({ pid }) => processCost(pid)));
      const { job, seconds } = await detect(coordinator.address, series, table.path, `data-set-${at}`);
      const after = await Promise.all(services.map(({ pid }) => processCost(pid)));
      if (at === 0) continue;
      const [own = 0, ...others] = after.map((cost, i) => cost.seconds - before[i]!.seconds);
      series.onCell({
        ...{ pairs: table.pairs, replicas, seconds },
        coordinatorSeconds: own,
        replicaSeconds: others.reduce((sum, value) => sum + value, 0),
        replicaPeakMiB: Math.round(Math.max(0, ...after.slice(1).map(({ peakMiB }) => peakMiB))),
        scoresSha256:
          unpackAny('ubt.detector.v1.DetectResult', DetectResult, job.result)?.scores?.sha256 ?? '',
      });
    }
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

function start(series: ScaleSeries, name: string, natsUrl: string, role: string): Promise<ServiceProcess> {
  const { folder, replicas, shardPairs, threads } = series;
  const own = join(folder, `with-${replicas}`);
  return startServiceProcess({
    main: MAIN,
    env: {
      ...{ UBT_PORT: '0', UBT_LOG_LEVEL: 'warn', UBT_THREADS: String(threads), UBT_ROLE: role },
      ...{ UBT_NATS_URL: natsUrl, UBT_SHARD_PAIRS: String(shardPairs), UBT_SHARD_FROM_PAIRS: '1' },
      ...{ UBT_DATA_DIR: join(own, 'data'), UBT_WORK_DIR: join(own, name) },
      UBT_ARTIFACT_ROOTS: [folder, join(TINY_MODELS.clean, '..')].join(','),
    },
  });
}

async function detect(
  address: string,
  { method }: ScaleSeries,
  path: string,
  requestId: string,
): Promise<{ job: Job; seconds: number }> {
  const detector = connect(DetectorService, address);
  const jobs = connect(JobsService, address);
  try {
    const artifact = (place: string) => ({ uri: pathToFileURL(place).href });
    const sent = DetectRequest.fromPartial({
      requestId,
      subject: { model: artifact(TINY_MODELS.clean), pairs: artifact(path) },
      options: { method },
    });
    const started = performance.now();
    let { job } = await detector.detect(sent);
    for await (const update of jobs.watchJob({ name: job!.name, afterSequence: 0n })) job = update.job;
    if (job?.error !== undefined) throw fromJobError(job.error);
    if (job?.result === undefined) throw notEnded(job?.name ?? '');
    return { job, seconds: (performance.now() - started) / 1_000 };
  } finally {
    detector.close();
    jobs.close();
  }
}

function notEnded(name: string): UbtError {
  return new UbtError('internal', `The stream of ${name} ended before the job.`, {
    code: 'JOB_STREAM_ENDED',
  });
}
