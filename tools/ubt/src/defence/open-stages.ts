import type { Artifact, Job, Stage } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { noClientSecurity, type Telemetry } from '@ubt/service-kit';
import type { CliConfig, Environment } from '../config.js';
import { rootsOf } from '../inputs/input-artifact.js';
import type { PlaceFlags } from '../options/place-options.js';
import { openRemoteSecurity } from '../options/remote-options.js';
import type { Progress } from '../output/progress.js';
import type { RunFolder } from '../runs/run-journal.js';
import { findRunJob } from '../stages/find-run-job.js';
import { describeProgress } from '../stages/job-progress.js';
import { startLocalStages } from '../stages/local-stages.js';
import { connectStage, type ClientOptions, type StageClient } from '../stages/stage-client.js';
import type { StageLaunchers } from '../stages/stage-launchers.js';
import { awaitSuccess } from '../stages/watch-job.js';

/** Which stages to open, and where. */
export interface OpenStagesOptions {
  readonly stages: readonly Stage[];
  /** Addresses of running services; undefined starts the stages in this process. */
  readonly remote: Readonly<Partial<Record<Stage, string>>> | undefined;
  readonly place: PlaceFlags;
  readonly inputs: readonly (Artifact | undefined)[];
  readonly folder: RunFolder;
  readonly config: CliConfig;
  readonly env: Environment;
  readonly telemetry: Telemetry;
  readonly launch: StageLaunchers | undefined;
}

/** How a run is followed. */
export interface FollowOptions {
  readonly runId: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** How long a stage may take to pick up its event, in milliseconds. */
  readonly stageWaitMs: number;
}

/** Stages that answer, wherever they run. */
export interface OpenStages {
  readonly clients: readonly StageClient[];
  /** How clients of these stages connect. */
  readonly connection: ClientOptions;
  address(stage: Stage): string;
  /** Gives the function that shows and awaits this run's job at a stage. */
  followRun(options: FollowOptions): (stage: Stage, jobName?: string) => Promise<Job>;
  close(): Promise<void>;
}

/** Starts the stages here, or connects to those that run: the same from then on. */
export async function openStages(options: OpenStagesOptions): Promise<OpenStages> {
  // What runs in this process listens on loopback, in plain text, for as long as the command runs.
  const security =
    options.remote === undefined ? noClientSecurity : await openRemoteSecurity(options.place, options.config);
  const connection = { telemetry: options.telemetry, security };
  const local = options.remote === undefined ? await startHere(options) : undefined;
  const addresses = local?.addresses ?? options.remote ?? {};
  const clients = options.stages.map((stage) => connectStage(stage, addresses[stage] ?? '', connection));
  return {
    clients,
    connection,
    address: (stage) => clientOf(clients, stage).address,
    followRun: (follow) => (stage, jobName) => followJob(clientOf(clients, stage), follow, jobName),
    async close() {
      for (const client of clients) client.close();
      security.close();
      await local?.stop();
    },
  };
}

async function startHere(options: OpenStagesOptions) {
  const { stages, place, inputs, folder, config, env, telemetry, launch } = options;
  const roots = [...(await rootsOf(inputs)), ...(place.root ?? []), ...config.artifactRoots];
  return startLocalStages({
    stages,
    folder,
    roots,
    telemetry,
    env: { ...env, ...engineVariables(place) },
    launch,
  });
}

function engineVariables({ backend, device, threads }: PlaceFlags): Environment {
  return {
    ...(backend === undefined ? {} : { UBT_BACKEND: backend }),
    ...(device === undefined ? {} : { UBT_DEVICE: device }),
    ...(threads === undefined ? {} : { UBT_THREADS: String(threads) }),
  };
}

async function followJob(
  client: StageClient,
  { runId, progress, signal, stageWaitMs }: FollowOptions,
  jobName: string | undefined,
): Promise<Job> {
  const { stage, jobs } = client;
  if (jobName === undefined) progress.update(stage, 'waiting for its event');
  try {
    const name = jobName ?? (await findRunJob(client, runId, { signal, timeoutMs: stageWaitMs })).name;
    const onUpdate = (job: Job) => progress.update(stage, describeProgress(job));
    return await awaitSuccess(jobs, name, { signal, onUpdate });
  } catch (thrown) {
    progress.fail(stage, signal.aborted ? 'cancelled' : UbtError.from(thrown).code);
    throw thrown;
  }
}

function clientOf(clients: readonly StageClient[], stage: Stage): StageClient {
  const client = clients.find((candidate) => candidate.stage === stage);
  if (client !== undefined) return client;
  throw new UbtError('internal', `The stage ${stage} was not opened.`, { code: 'STAGE_NOT_OPENED' });
}
