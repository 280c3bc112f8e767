import { stat } from 'node:fs/promises';
import { eventSubject, JobState, STAGES, type Job, type Stage } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { waitFor } from '@ubt/test-kit';
import type { Fault, Strike } from '../faults/fault.js';
import { goesOn, type DisturbedRun } from '../run/disturbed-run.js';
import { hasEnded } from '../run/follow-job.js';
import { findArtifacts, stageResult } from './find-artifacts.js';
import { resumptions, type Resumption } from './resumption.js';

/** What is expected of a run. */
export interface Expectation {
  readonly fault: Pick<Fault, 'mayFailWith'>;
  readonly strike: Pick<Strike, 'injected'>;
  /** Digest of the scores that an undisturbed run left; undefined when this is that run. */
  readonly scoresDigest: string | undefined;
  readonly limitMs: number;
}

/** What became of a run. */
export interface RunFindings {
  readonly outcome: 'completed' | 'failed';
  /** The stage's reason, when it failed. */
  readonly reason?: string;
  /** Artefacts whose digest was verified. */
  readonly artifacts: number;
  /** Workers that the stages used. */
  readonly attempts: Readonly<Partial<Record<Stage, number>>>;
  readonly resumed: Readonly<Partial<Record<Stage, readonly Resumption[]>>>;
  readonly scoresDigest: string | undefined;
  /** What did not hold; empty when all is well. */
  readonly violations: readonly string[];
}

/** Checks everything that must hold of a run that has ended. */
export async function checkRun(run: DisturbedRun, expected: Expectation): Promise<RunFindings> {
  const ran = STAGES.filter((stage) => run.followers[stage].latest() !== undefined);
  const jobs = ran.map((stage) => run.followers[stage].latest()!);
  const failed = jobs.find(({ state }) => state !== JobState.JOB_STATE_SUCCEEDED);
  const artifacts = jobs.flatMap((job) => findArtifacts(stageResult(job)));
  const resumed = ran.map(
    (stage) => [stage, resumptions(run.followers[stage].sightings, run.world.log(stage))] as const,
  );
  const scoresDigest = artifacts.find(({ uri }) => uri.includes('/scores.'))?.sha256;
  return {
    outcome: failed === undefined ? 'completed' : 'failed',
    ...(failed?.error === undefined ? {} : { reason: `${failed.stage}: ${failed.error.reason}` }),
    artifacts: artifacts.length,
    attempts: Object.fromEntries(jobs.map((job) => [job.stage, job.attempt])),
    resumed: Object.fromEntries(resumed.filter(([, list]) => list.length > 0)),
    scoresDigest,
    violations: [
      ...checkEnd(failed, expected.fault.mayFailWith),
      ...(await checkEvents(run, expected)),
      ...(await checkJobs(run)),
      ...(await checkArtifacts(run, artifacts)),
      ...(await checkLeftovers(run, jobs)),
      ...resumed.flatMap(([stage, list]) => list.flatMap((one) => checkResumption(stage, one))),
      ...(expected.scoresDigest === undefined ||
      scoresDigest === undefined ||
      scoresDigest === expected.scoresDigest
        ? []
        : [`the scores differ from those of the undisturbed run: ${scoresDigest}`]),
    ],
  };
}

/** Completed, or failed with a reason that this fault may give. */
function checkEnd(failed: Job | undefined, mayFailWith: readonly string[]): string[] {
  if (failed === undefined) return [];
  const { stage, error } = failed;
  if (error === undefined || error.reason === '' || error.message === '')
    return [`${stage} failed without a reason`];
  if (mayFailWith.includes(error.reason)) return error.fix === '' ? [`${stage} failed without a fix`] : [];
  return [`${stage} failed with ${error.reason}: ${error.message}`];
}

/** One completion of each stage that succeeded, none of any other, and one failure of a stage that failed. */
export async function checkEvents(
  run: DisturbedRun,
  { strike, limitMs }: Pick<Expectation, 'strike' | 'limitMs'>,
) {
  const wanted = STAGES.flatMap((stage): [string, number][] => {
    const state = run.followers[stage].latest()?.state;
    const [completed, failed] = [
      eventSubject(run.runId, stage, 'completed'),
      eventSubject(run.runId, stage, 'failed'),
    ];
    return [
      [completed, (state === JobState.JOB_STATE_SUCCEEDED ? 1 : 0) + (strike.injected?.[completed] ?? 0)],
      [failed, state === JobState.JOB_STATE_FAILED ? 1 : 0],
    ];
  });
  // The end of a job is told after it is recorded, and again and again until the broker is there.
  const counts = () => run.world.admin.count(run.runId);
  const arrived = async () => {
    const found = await counts().catch(() => ({}) as Readonly<Record<string, number>>);
    return wanted.every(([subject, count]) => (found[subject] ?? 0) >= count);
  };
  await waitFor(arrived, { timeoutMs: limitMs, intervalMs: 500 }).catch(() => undefined);
  const found = await counts();
  return wanted
    .filter(([subject, count]) => (found[subject] ?? 0) !== count)
    .map(([subject, count]) => `${found[subject] ?? 0} events on ${subject} instead of ${count}`);
}

/** One job of the run in every stage that it came to, none in the others. */
export async function checkJobs(run: DisturbedRun): Promise<string[]> {
  const violations: string[] = [];
  let isReached = true;
  for (const stage of STAGES) {
    const { jobs } = await run.world
      .stage(stage)!
      .jobs.listJobs({ pageSize: 10, pageToken: '', runId: run.runId });
    const wanted = isReached ? 1 : 0;
    if (jobs.length !== wanted)
      violations.push(`${stage} has ${jobs.length} jobs of the run instead of ${wanted}`);
    if (!jobs.every(hasEnded)) violations.push(`${stage} still works on the run`);
    isReached &&= goesOn(run.followers[stage]);
  }
  return violations;
}

/** Everything that a result names is there, whole, with the digest that it tells. */
async function checkArtifacts(
  { world }: DisturbedRun,
  artifacts: readonly { uri: string; sha256: string }[],
) {
  const checks = artifacts.map((artifact) =>
    world.artifacts.fetch(artifact).then(
      () => [],
      (error: unknown) => [`${artifact.uri}: ${UbtError.from(error).code}`],
    ),
  );
  return (await Promise.all(checks)).flat();
}

/** The folder of an ended job is gone; it may take a moment. */
async function checkLeftovers({ world }: DisturbedRun, jobs: readonly Job[]): Promise<string[]> {
  const left = await Promise.all(
    jobs.map(async ({ stage, name }) => {
      const folder = world.workFolder(stage as Stage, name);
      const isGone = () =>
        stat(folder).then(
          () => false,
          () => true,
        );
      return waitFor(isGone, { timeoutMs: 5_000, intervalMs: 250 }).then(
        () => [],
        () => [`${stage} has left the work folder of its ended job`],
      );
    }),
  );
  return left.flat();
}

/** An attempt begins no earlier than what the one before it had made safe. */
function checkResumption(stage: Stage, { attempt, phase, safe, resumedAt }: Resumption): string[] {
  if (safe === undefined || resumedAt === undefined || resumedAt >= safe) return [];
  return [`${stage}, attempt ${attempt + 1}, began "${phase}" at ${resumedAt}, although ${safe} were safe`];
}
