import { join } from 'node:path';
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
import { connect, type ServiceClient } from '@ubt/service-kit';
import {
  HealthService,
  startServiceProcess,
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
  type ServiceProcess,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';

/** A detector in a process of its own, with tiny data below its roots. */
export interface DetectorBench {
  readonly directory: TemporaryDirectory;
  readonly data: TinyData;
  readonly service: ServiceProcess;
  readonly detector: ServiceClient<typeof DetectorService>;
  readonly jobs: ServiceClient<typeof JobsService>;
  readonly health: ServiceClient<typeof HealthService>;
  /** Ends the service (SIGKILL when told) and starts it again on the same data. */
  restart(how?: 'stop' | 'kill'): Promise<DetectorBench>;
  close(): Promise<void>;
}

const MAIN = new URL('../dist/main.js', import.meta.url);

/** Starts a bench. */
export async function startBench(env: Record<string, string> = {}): Promise<DetectorBench> {
  const directory = await temporaryDirectory('ubt-detector-');
  const data = await writeTinyData(join(directory.path, 'data'), {
    ...{ pairs: 240, poisoned: 24, mislabelled: 6 },
  });
  return open(directory, data, env);
}

async function open(
  directory: TemporaryDirectory,
  data: TinyData,
  env: Record<string, string>,
): Promise<DetectorBench> {
  const service = await startServiceProcess({ main: MAIN, env: { ...environment(directory.path), ...env } });
  const clients = {
    detector: connect(DetectorService, service.address),
    jobs: connect(JobsService, service.address),
    health: connect(HealthService, service.address),
  };
  const leave = async (how: 'stop' | 'kill') => {
    for (const client of Object.values(clients)) client.close();
    await service[how]();
  };
  return {
    ...{ directory, data, service, ...clients },
    restart: async (how = 'stop') => {
      await leave(how);
      return open(directory, data, env);
    },
    close: async () => {
      await leave('stop');
      await directory.remove();
    },
  };
}

const environment = (folder: string) => ({
  UBT_PORT: '0',
  UBT_DATA_DIR: join(folder, 'service'),
  UBT_ARTIFACT_ROOTS: [join(folder, 'data'), join(TINY_MODELS.clean, '..')].join(','),
  UBT_THREADS: '1',
  UBT_LOG_LEVEL: 'warn',
});

/** An artefact without a digest. */
export const artifact = (path: string): Artifact => ({
  uri: pathToFileURL(path).href,
  sha256: '',
  sizeBytes: 0n,
  mediaType: '',
});

/** A request for a quick detection of the bench's data. */
export function request(
  { data }: Pick<DetectorBench, 'data'>,
  given: { id: string; model?: string; pairs?: string; options?: DetectRequest['options'] },
): DetectRequest {
  const { id, model = TINY_MODELS.backdoored, pairs = data.pairs } = given;
  const options = given.options ?? { method: 'similarity' };
  return DetectRequest.fromPartial({
    requestId: id,
    subject: { model: artifact(model), pairs: artifact(pairs) },
    options,
  });
}

const ENDED = [JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED];

/** The job once it has ended. */
export async function ended(
  { jobs }: Pick<DetectorBench, 'jobs'>,
  { job }: { job?: Job | undefined },
): Promise<Job> {
  let last = job!;
  for await (const update of jobs.watchJob({ name: last.name, afterSequence: 0n })) last = update.job!;
  if (!ENDED.includes(last.state)) throw new Error(`the stream of ${last.name} ended before the job`);
  return last;
}

/** What a succeeded job left behind. */
export function resultOf(job: Job): DetectResult {
  return unpackAny('ubt.detector.v1.DetectResult', DetectResult, job.result!)!;
}
