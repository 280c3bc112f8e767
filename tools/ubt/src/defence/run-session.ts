import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, Job, Stage } from '@ubt/contracts';
import { runInSpan, startTelemetry, type Telemetry } from '@ubt/service-kit';
import type { ActionContext } from '../cli.js';
import type { PlaceFlags } from '../options/place-options.js';
import { remoteAddresses } from '../options/place-options.js';
import type { Progress } from '../output/progress.js';
import { journalled, type RunFindings } from '../runs/journalled.js';
import { newRunId } from '../runs/run-id.js';
import { runFolder, type RunFolder } from '../runs/run-journal.js';
import { cancelRun } from '../stages/cancel-run.js';
import { collectInto, type Collect } from './collect-results.js';
import { openOutFolder, type OutFolder } from './out-folder.js';
import type { ClientOptions } from '../stages/stage-client.js';
import { openStages, type OpenStages } from './open-stages.js';

/** How a command runs stages. */
export interface SessionOptions {
  /** Name of the command, for the trace and the record. */
  readonly command: string;
  readonly stages: readonly Stage[];
  readonly place: PlaceFlags;
  /** What the run reads. */
  readonly inputs: readonly (Artifact | undefined)[];
  readonly out: string;
  readonly mayHoldFiles: boolean;
  /** Earlier results that the new ones supersede. */
  readonly replaces: readonly string[];
}

/** What a command has while its stages run. */
export interface Session {
  readonly runId: string;
  readonly out: OutFolder;
  readonly progress: Progress;
  /** How clients of the stages connect. */
  readonly connection: ClientOptions;
  readonly signal: AbortSignal;
  /** Copies a stage's artefact into the staging folder. */
  readonly collect: Collect;
  address(stage: Stage): string;
  /**
   * Shows a job's progress until it has succeeded. Without a name, waits for the job that the stage starts by
   * itself for this run.
   *
   * @throws UbtError why it did not succeed
   */
  follow(stage: Stage, jobName?: string): Promise<Job>;
}

/** A command's work on its stages, and what it makes of the result once they have stopped. */
export interface SessionWork<T, R extends { readonly findings: RunFindings }> {
  /** Talks to the stages and copies results into the staging folder. */
  work(session: Session): Promise<T>;
  /** Completes the staging folder, with the whole trace at hand. */
  finish(result: T, files: { out: OutFolder; spans: string }): Promise<R>;
}

/**
 * Runs a command's stages, in this process or where they already run, and commits its results: all of them or
 * none. Whatever goes wrong, jobs still under way are cancelled and everything started here is stopped.
 */
export async function runSession<T, R extends { readonly findings: RunFindings }>(
  context: ActionContext,
  options: SessionOptions,
  { work, finish }: SessionWork<T, R>,
): Promise<R> {
  const runId = newRunId(new Date());
  const folder = runFolder(context.config.dataDir, runId);
  const out = await openOutFolder(options.out, { ...options, runId });
  try {
    return await journalled(folder, { runId, command: options.command, out: out.path }, async () => {
      const result = await withTrace(options.command, runId, folder, (telemetry) =>
        withStages(context, options, { runId, folder, out, telemetry }, work),
      );
      const finished = await finish(result, { out, spans: folder.spans });
      await out.commit();
      return finished;
    });
  } catch (thrown) {
    await out.discard();
    throw thrown;
  } finally {
    if (options.place.keepWork !== true) await rm(folder.work, { recursive: true, force: true });
  }
}

async function withTrace<T>(
  command: string,
  runId: string,
  folder: RunFolder,
  work: (telemetry: Telemetry) => Promise<T>,
): Promise<T> {
  const telemetry = await startTelemetry({
    serviceName: 'ubt-cli',
    exporter: 'file',
    spansFile: folder.spans,
  });
  try {
    const span = { name: `ubt ${command}`, attributes: { 'ubt.run.id': runId } };
    return await runInSpan(telemetry.tracer, span, () => work(telemetry));
  } finally {
    await telemetry.shutdown();
  }
}

interface StageSetting {
  readonly runId: string;
  readonly folder: RunFolder;
  readonly out: OutFolder;
  readonly telemetry: Telemetry;
}

async function withStages<T>(
  { io, config, output, signal, launch }: ActionContext,
  options: SessionOptions,
  { runId, folder, out, telemetry }: StageSetting,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const remote = remoteAddresses(options.place, options.stages);
  const progress = output.progress(options.stages.map((key) => ({ key, title: key })));
  let stages: OpenStages | undefined;
  try {
    stages = await openStages({ ...options, remote, folder, config, env: io.env, telemetry, launch });
    const follow = stages.followRun({
      runId,
      progress,
      signal,
      stageWaitMs: (options.place.stageWait ?? 60) * 1000,
    });
    const collect = collectInto(out.staging, { workFolder: join(folder.work, 's3'), s3: config.s3 });
    const { address, connection } = stages;
    return await work({ runId, out, progress, connection, signal, collect, address, follow });
  } catch (thrown) {
    if (stages !== undefined) await cancelRun(stages.clients, runId);
    if (remote === undefined && !signal.aborted) output.note(`The services' log: ${folder.log}`);
    throw thrown;
  } finally {
    await stages?.close();
    await progress.close();
  }
}
