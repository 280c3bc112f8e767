import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  DetectorService,
  DetectRequest,
  JobsService,
  JobState,
  type Job,
  type Plan,
  type Stage,
} from '@ubt/contracts';
import { connect, type ServiceClient } from '@ubt/service-kit';
import {
  HealthService,
  startNatsServer,
  startServiceProcess,
  temporaryDirectory,
  TINY_MODELS,
  waitFor,
  type NatsServer,
  type ServiceProcess,
  type TinyData,
} from '@ubt/test-kit';

type Clients = {
  readonly jobs: ServiceClient<typeof JobsService>;
  readonly health: ServiceClient<typeof HealthService>;
};

/** One stage in a process of its own. */
export interface StageProcess extends Clients {
  readonly stage: Stage;
  readonly service: ServiceProcess;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts a stage's built service; stages with the same folder share artefacts. */
export async function startStage(
  stage: Stage,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<StageProcess> {
  const service = await startServiceProcess({
    main: new URL(`../../../services/${stage}/dist/main.js`, import.meta.url),
    env: {
      ...{ UBT_PORT: '0', UBT_LOG_LEVEL: 'info', UBT_THREADS: '1', UBT_DATA_DIR: join(folder, 'ubt') },
      UBT_ARTIFACT_ROOTS: [join(folder, 'data'), join(TINY_MODELS.clean, '..')].join(','),
      ...env,
    },
  });
  const clients = {
    jobs: connect(JobsService, service.address),
    health: connect(HealthService, service.address),
  };
  const leave = async (how: 'stop' | 'kill') => {
    for (const client of Object.values(clients)) client.close();
    await service[how]();
  };
  return { stage, service, ...clients, stop: () => leave('stop'), kill: () => leave('kill') };
}

/** A broker, and stages that share a folder and talk over it. */
export interface StageChain {
  readonly folder: string;
  readonly nats: NatsServer;
  start(stage: Stage): Promise<StageProcess>;
  /** Kills the stages, stops the broker, removes the folder. */
  close(): Promise<void>;
}

export async function openChain(): Promise<StageChain> {
  const directory = await temporaryDirectory('ubt-chain-');
  const nats = await startNatsServer();
  const running: StageProcess[] = [];
  return {
    folder: directory.path,
    nats,
    async start(stage) {
      const process = await startStage(stage, directory.path, { UBT_NATS_URL: nats.url });
      running.push(process);
      return process;
    },
    async close() {
      await Promise.all(running.splice(0).map((stage) => stage.kill()));
      await nats.stop();
      await directory.remove();
    },
  };
}

const artifact = (path: string) => ({ uri: pathToFileURL(path).href });

/** Asks a detector for a run. */
export async function startRun(
  detector: StageProcess,
  given: { runId: string; data: TinyData; model: string; plan: object; method?: string; reference?: string },
): Promise<Job> {
  const client = connect(DetectorService, detector.service.address);
  const { job } = await client.detect(
    DetectRequest.fromPartial({
      requestId: given.runId,
      run: { runId: given.runId, plan: given.plan as Plan },
      subject: {
        ...{ model: artifact(given.model), pairs: artifact(given.data.pairs) },
        ...(given.reference === undefined ? {} : { referenceModel: artifact(given.reference) }),
      },
      options: { method: given.method ?? 'reference-similarity' },
    }),
  );
  client.close();
  return job!;
}

/** The stage's job of a run once it has succeeded; a failed one fails the test with its reason. */
export async function succeeded({ jobs, stage }: StageProcess, runId: string): Promise<Job> {
  return waitFor(
    async () => {
      const found = (await jobs.listJobs({ pageSize: 10, pageToken: '', runId })).jobs;
      if (found.length > 1) throw new Error(`${stage} has ${found.length} jobs of ${runId}`);
      const [job] = found;
      if (job?.state === JobState.JOB_STATE_FAILED) throw new Error(`${stage}: ${job.error?.message}`);
      return job?.state === JobState.JOB_STATE_SUCCEEDED ? job : undefined;
    },
    { intervalMs: 100, what: `the ${stage}'s job of ${runId}` },
  );
}

/** How many jobs of a run a stage has. */
export async function jobCount({ jobs }: StageProcess, runId: string): Promise<number> {
  return (await jobs.listJobs({ pageSize: 10, pageToken: '', runId })).jobs.length;
}
