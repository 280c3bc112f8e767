import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  DetectorService,
  DetectRequest,
  DetectResult,
  JobsService,
  JobState,
  unpackAny,
  type Artifact,
  type Job,
} from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { connect, type ServiceClient } from '@ubt/service-kit';
import { HealthService, startServiceProcess, TINY_MODELS, waitFor, writeTinyData } from '@ubt/test-kit';
import type { LoadPair } from './load-streams.js';

/** A detector under measurement: a process of its own, a detection model prepared by a job of its own. */
export interface ServedDetector {
  readonly pid: number;
  readonly detector: ServiceClient<typeof DetectorService>;
  readonly health: ServiceClient<typeof HealthService>;
  readonly detectionModel: Artifact;
  /** Folder of the suspect model. */
  readonly suspect: string;
  readonly samples: readonly LoadPair[];
  /** Starts a job that trains for as long as it is let. */
  startLongJob(): Promise<{ isRunning(): Promise<boolean>; cancel(): Promise<void> }>;
  close(): Promise<void>;
}

const SAMPLES = 64;
const DETECTOR = new URL('../../../../services/detector/dist/main.js', import.meta.url);
const JOB_LIMIT_MS = 600_000;

/**
 * Starts it on tiny data.
 *
 * @param maxStreams its limit of ScorePairs streams
 * @throws UbtError `BENCH_JOB_FAILED`
 */
export async function serveDetector(options: {
  readonly threads: number;
  readonly maxStreams: number;
  readonly model: string | undefined;
}): Promise<ServedDetector> {
  const folder = await mkdtemp(join(tmpdir(), 'ubt-bench-serving-'));
  const suspect = resolve(options.model ?? TINY_MODELS.backdoored);
  const data = await writeTinyData(join(folder, 'data'), { pairs: 480, poisoned: 48, mislabelled: 0 });
  const { address, pid, stop } = await startServiceProcess({
    main: DETECTOR,
    env: {
      ...{ UBT_PORT: '0', UBT_LOG_LEVEL: 'warn', UBT_DATA_DIR: join(folder, 'service') },
      ...{ UBT_THREADS: `${options.threads}`, UBT_SCORE_STREAMS: `${options.maxStreams}` },
      UBT_ARTIFACT_ROOTS: [join(folder, 'data'), dirname(suspect)].join(','),
    },
  });
  const clients = {
    detector: connect(DetectorService, address),
    jobs: connect(JobsService, address),
    health: connect(HealthService, address),
  };
  const close = async () => {
    for (const client of Object.values(clients)) client.close();
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  const detect = async (requestId: string, method: string, overfitSteps: number): Promise<Job> => {
    const subject = { model: artifact(suspect), pairs: artifact(data.pairs) };
    const request = DetectRequest.fromPartial({ requestId, subject, options: { method, overfitSteps } });
    return (await clients.detector.detect(request)).job!;
  };
  const stateOf = async (name: string) => (await clients.jobs.getJob({ name })).job!;
  try {
    const prepared = await jobEnd(await detect('prepare', 'overfit-gain', 4), stateOf);
    return {
      ...{ pid, suspect, close, detector: clients.detector, health: clients.health },
      detectionModel: unpackAny('ubt.detector.v1.DetectResult', DetectResult, prepared.result)!
        .detectionModel!,
      samples: await readSamples(data.pairs),
      startLongJob: async () => {
        const { name } = await detect('long', 'overfit-span', 1000);
        const isTraining = async () => (await stateOf(name)).progress?.phase.startsWith('overfitting');
        await waitFor(isTraining, { timeoutMs: JOB_LIMIT_MS, intervalMs: 200, what: 'the job to train' });
        return {
          isRunning: async () => (await stateOf(name)).state === JobState.JOB_STATE_RUNNING,
          cancel: async () => void (await clients.jobs.cancelJob({ name })),
        };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function jobEnd(job: Job, stateOf: (name: string) => Promise<Job>): Promise<Job> {
  const ended = async () => {
    const now = await stateOf(job.name);
    return now.endTime === undefined ? undefined : now;
  };
  const last = await waitFor(ended, {
    timeoutMs: JOB_LIMIT_MS,
    intervalMs: 200,
    what: 'the detection model',
  });
  if (last.state === JobState.JOB_STATE_SUCCEEDED) return last;
  throw new UbtError('failed-precondition', `The detection model was not prepared: ${last.error?.message}`, {
    code: 'BENCH_JOB_FAILED',
    ...(last.error === undefined ? {} : { fix: last.error.fix }),
  });
}

async function readSamples(pairs: string): Promise<LoadPair[]> {
  const lines = (await readFile(pairs, 'utf8'))
    .trimEnd()
    .split('\n')
    .slice(1, 1 + SAMPLES);
  return Promise.all(
    lines.map(async (line) => {
      const [file = '', caption = ''] = line.split(',');
      return { image: await readFile(join(dirname(pairs), file)), caption };
    }),
  );
}

const artifact = (path: string) => ({ uri: pathToFileURL(path).href });
