import { STAGES, type Stage } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { randomNumbers, waitFor } from '@ubt/test-kit';
import { checkEvents, checkJobs, checkRun, type RunFindings } from './checks/check-run.js';
import type { Fault, Strike } from './faults/fault.js';
import { drawFaults, faultId } from './faults/faults.js';
import { disturbedRun, stageTimes, type DisturbedRun, type StageTimes } from './run/disturbed-run.js';
import { startRun } from './run/start-run.js';
import { openWorld, type StoreKind, type World } from './world/open-world.js';

/** What a soak covers. */
export interface SoakPlan {
  readonly runs: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Image-caption pairs of the data set. */
  readonly pairs: number;
  /** Longest that anything is waited for, in milliseconds. */
  readonly limitMs: number;
  readonly progress: (line: string) => void;
  /** Aborting it ends the soak after the run at hand. */
  readonly signal?: AbortSignal;
  /** Hears of every finished run; of one that broke a rule, with what the services had logged. */
  readonly onRun?: (run: SoakRun, logs: Readonly<Record<Stage, string>> | undefined) => Promise<void>;
}

/** A run of a soak. The undisturbed run of each world has the fault `none`. */
export interface SoakRun extends RunFindings {
  readonly runId: string;
  readonly fault: string;
  readonly strike: Pick<Strike, 'note' | 'hit'>;
  /** From the call to the end of the last stage. */
  readonly seconds: number;
}

const CALM: Fault = {
  ...{ name: 'none', store: 'folder', mayFailWith: [] },
  strike: async () => Promise.resolve({ hit: true, note: 'nothing' }),
};

/**
 * Runs whole defences one after the other on real processes, strikes one fault into each at a drawn point, and checks
 * what must hold whatever happens. Runs that need the same kind of artefact store share their broker and services,
 * which are not made new in between.
 */
export async function runSoak(plan: SoakPlan): Promise<SoakRun[]> {
  const random = randomNumbers(plan.seed);
  const drawn = drawFaults(plan.runs, plan.faults, random);
  const runs: SoakRun[] = [];
  for (const store of ['folder', 's3'] as const) {
    const faults = drawn.filter((fault) => fault.store === store);
    if (faults.length > 0 && plan.signal?.aborted !== true)
      await soakWorld(store, faults, plan, random, runs);
  }
  return runs;
}

async function soakWorld(
  store: StoreKind,
  faults: readonly Fault[],
  plan: SoakPlan,
  random: () => number,
  runs: SoakRun[],
): Promise<void> {
  const world = await openWorld(store, plan.pairs);
  const followed: FollowedRun[] = [];
  try {
    let calm: CalmRun | undefined;
    for (const [at, fault] of [CALM, ...faults].entries()) {
      // What was cut off is still checked for what may have happened later.
      if (plan.signal?.aborted === true) break;
      const runId = `soak-${plan.seed}-${store}-${at}`;
      plan.progress(`${runId}: ${faultId(fault)}`);
      const done = await soakRun({ world, runId, fault, random, calm, limitMs: plan.limitMs });
      calm ??= { times: stageTimes(done.run.followers), scoresDigest: done.findings.scoresDigest };
      runs.push(done.findings);
      followed.push(done);
      plan.progress(summaryOf(done.findings));
      await plan.onRun?.(done.findings, done.findings.violations.length > 0 ? logsOf(world) : undefined);
    }
    const late = followed.length === 0 ? [] : await checkAfterwards(followed, plan.limitMs);
    for (const [at, violations] of late.entries()) {
      const index = runs.indexOf(followed[at]!.findings);
      const found = runs[index]!;
      runs[index] = { ...found, violations: [...found.violations, ...violations] };
    }
  } finally {
    await world.close();
  }
}

interface CalmRun {
  readonly times: StageTimes;
  readonly scoresDigest: string | undefined;
}

interface SoakRunOptions {
  readonly world: World;
  readonly runId: string;
  readonly fault: Fault;
  readonly random: () => number;
  readonly calm: CalmRun | undefined;
  readonly limitMs: number;
}

interface FollowedRun {
  readonly run: DisturbedRun;
  readonly strike: Strike;
  readonly findings: SoakRun;
}

async function soakRun(options: SoakRunOptions): Promise<FollowedRun> {
  const { world, runId, fault, calm, limitMs } = options;
  const started = performance.now();
  const run = disturbedRun(world, runId, calm?.times, limitMs);
  const about = () => ({ runId, fault: faultId(fault), seconds: (performance.now() - started) / 1000 });
  try {
    const strike = await struckRun(run, options);
    const { note, hit } = strike;
    const ended = about();
    const found = await checkRun(run, { fault, strike, scoresDigest: calm?.scoresDigest, limitMs });
    const refused = strike.refused === undefined ? [] : await checkRefused(world, strike.refused, limitMs);
    const violations = [...found.violations, ...(await checkHealth(world, limitMs)), ...refused];
    return { run, strike, findings: { ...found, ...ended, violations, strike: { note, hit } } };
  } catch (thrown) {
    const strike = { hit: true, note: 'the run did not come to an end' };
    await heal(world);
    return { run, strike, findings: { ...lostRun(run, thrown), ...about(), strike } };
  } finally {
    world.switches.reset();
    await run.stop();
  }
}

/** Starts the run and strikes it, both at once: a fault waits for its moment. Returns when no stage can follow. */
async function struckRun(
  run: DisturbedRun,
  { world, fault, random, limitMs }: SoakRunOptions,
): Promise<Strike> {
  const struck = fault.strike(run, random);
  // Whatever fails first, the other is waited for: a fault puts right what it has broken.
  const [strike, started] = await Promise.allSettled([struck, startRun(world, run.runId, limitMs)]);
  if (started.status === 'rejected') throw started.reason;
  if (strike.status === 'rejected') throw strike.reason;
  await run.ended();
  return strike.value;
}

function lostRun({ followers }: DisturbedRun, thrown: unknown): RunFindings {
  const jobs = Object.values(followers).flatMap(({ latest }) => latest() ?? []);
  const { message, code } = UbtError.from(thrown);
  return {
    ...{ outcome: 'failed', artifacts: 0, resumed: {}, scoresDigest: undefined },
    attempts: Object.fromEntries(jobs.map((job) => [job.stage, job.attempt])),
    violations: [`${message} [${code}]`],
  };
}

function logsOf(world: World): Record<Stage, string> {
  return Object.fromEntries(STAGES.map((stage) => [stage, world.log(stage)])) as Record<Stage, string>;
}

/** Makes everything new that a run that was given up may have left down. */
async function heal(world: World): Promise<void> {
  await world.broker.restart();
  for (const stage of STAGES) {
    await world.killStage(stage);
    await world.revive(stage);
  }
}

/** Every service is up, and events reach it. */
async function checkHealth(world: World, limitMs: number): Promise<string[]> {
  const names = [
    ['detector', 'ubt.detector.v1.Detector'],
    ['selector', 'ubt.selector.v1.Selector'],
    ['unlearner', 'ubt.unlearner.v1.Unlearner'],
  ] as const;
  const violations: string[] = [];
  for (const [stage, name] of names) {
    for (const service of [name, `${stage}.events`]) {
      const serves = async () => (await world.stage(stage)!.health.check(service)) === 'SERVING';
      await waitFor(serves, { timeoutMs: limitMs, intervalMs: 250 }).catch(() =>
        violations.push(`${service} does not serve`),
      );
    }
  }
  return violations;
}

/** Poison ends among the dead letters, and what could be read of it in a failed job. */
async function checkRefused(
  world: World,
  { runId, deadLetters, jobs }: NonNullable<Strike['refused']>,
  limitMs: number,
): Promise<string[]> {
  const letters = async () => (await world.admin.deadLetters(runId)).length;
  const arrived = async () => (await letters()) >= deadLetters;
  await waitFor(arrived, { timeoutMs: limitMs, intervalMs: 500 }).catch(() => undefined);
  const listed = (await world.stage('selector')!.jobs.listJobs({ pageSize: 10, pageToken: '', runId })).jobs;
  const found = await letters();
  return [
    ...(found === deadLetters ? [] : [`${found} dead letters of ${runId} instead of ${deadLetters}`]),
    ...(listed.length === jobs && listed.every(({ error }) => error !== undefined && error.reason !== '')
      ? []
      : [`${listed.length} jobs of ${runId} instead of ${jobs} that failed with a reason`]),
  ];
}

/** When no event is unanswered any more, every run must still be as it was: nothing was done twice later on. */
async function checkAfterwards(followed: readonly FollowedRun[], limitMs: number): Promise<string[][]> {
  const { world } = followed[0]!.run;
  const answered = async () => (await world.admin.unanswered()) === 0;
  const isQuiet = await waitFor(answered, { timeoutMs: limitMs, intervalMs: 500 }).then(
    () => true,
    () => false,
  );
  const findings: string[][] = [];
  for (const { run, strike } of followed) {
    const late = [...(await checkEvents(run, { strike, limitMs: 0 })), ...(await checkJobs(run))];
    findings.push(late.map((violation) => `later: ${violation}`));
  }
  if (!isQuiet) findings.at(-1)!.push('events stayed unanswered');
  return findings;
}

function summaryOf({ outcome, reason, seconds, strike, violations }: SoakRun): string {
  const failure = reason === undefined ? '' : ` (${reason})`;
  const broken = violations.map((violation) => `\n    VIOLATED: ${violation}`).join('');
  return `  ${strike.hit ? '' : 'missed: '}${strike.note}; ${outcome}${failure} in ${seconds.toFixed(1)} s${broken}`;
}

/** Whether a soak has found nothing wrong. */
export const isSound = (runs: readonly SoakRun[]): boolean =>
  runs.length > 0 && runs.every(({ violations }) => violations.length === 0);
