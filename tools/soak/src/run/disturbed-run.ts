import { setTimeout as sleep } from 'node:timers/promises';
import { JobState, SelectResult, STAGES, unpackAny, Verdict, type Job, type Stage } from '@ubt/contracts';
import type { World } from '../world/open-world.js';
import { followJob, hasEnded, type JobFollower } from './follow-job.js';

/** Milliseconds that each stage's job takes when nothing goes wrong. */
export type StageTimes = Readonly<Record<Stage, number>>;

/** A run that a fault can be struck into. */
export interface DisturbedRun {
  readonly runId: string;
  readonly world: World;
  readonly followers: Readonly<Record<Stage, JobFollower>>;
  /** Waits for a point of a stage: `share` of its usual time after it began; gives its job as it is then. */
  moment(stage: Stage, share: number): Promise<Job | undefined>;
  /** Waits until a stage's job has done this share of what it counts; gives its job as it is then. */
  progress(stage: Stage, share: number): Promise<Job | undefined>;
  /** Waits until no further stage can follow. @throws UbtError `WAIT_TIMED_OUT` */
  ended(): Promise<void>;
  stop(): Promise<void>;
}

const PAUSE_MS = 100;

/** Prepares a run. @param usual how long stages take undisturbed */
export function disturbedRun(
  world: World,
  runId: string,
  usual: StageTimes | undefined,
  limitMs: number,
): DisturbedRun {
  const followers = Object.fromEntries(
    STAGES.map((stage) => [stage, followJob(world, stage, runId)]),
  ) as Record<Stage, JobFollower>;
  const end = (stage: Stage) =>
    followers[stage].until(hasEnded, limitMs, `the end of the ${stage}'s job of ${runId}`);
  const isOver = () =>
    STAGES.some((stage) => hasEnded(followers[stage].latest()) && !goesOn(followers[stage]));
  let isStopped = false;
  const over = async () => {
    while (!isOver() && !isStopped) await sleep(PAUSE_MS);
  };
  return {
    ...{ runId, world, followers },
    moment: async (stage, share) => {
      const follower = followers[stage];
      const began = follower.until(
        (job) => job.state !== JobState.JOB_STATE_QUEUED,
        limitMs,
        `${stage} begins`,
      );
      await Promise.race([began, over()]);
      began.catch(() => undefined);
      await sleep(share * (usual?.[stage] ?? 0));
      return follower.latest();
    },
    progress: async (stage, share) => {
      const isThere = ({ progress }: Job) =>
        progress !== undefined &&
        progress.total > 0n &&
        Number(progress.done) >= share * Number(progress.total);
      const there = followers[stage].until(
        (job) => hasEnded(job) || isThere(job),
        limitMs,
        `progress of the ${stage}`,
      );
      await Promise.race([there, over()]);
      there.catch(() => undefined);
      return followers[stage].latest();
    },
    ended: async () => {
      for (const stage of STAGES) {
        await end(stage);
        if (!goesOn(followers[stage])) return;
      }
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(STAGES.map((stage) => followers[stage].stop()));
    },
  };
}

/** Whether another stage follows this one's job. */
export function goesOn({ stage, latest }: Pick<JobFollower, 'stage' | 'latest'>): boolean {
  const job = latest();
  if (stage === 'unlearner' || job?.state !== JobState.JOB_STATE_SUCCEEDED) return false;
  if (stage === 'detector') return true;
  const result = unpackAny('ubt.selector.v1.SelectResult', SelectResult, job.result);
  return result?.verdict === Verdict.VERDICT_BACKDOORED;
}

/** How long each stage's job ran in a run, from its first worker to its end. */
export function stageTimes(followers: DisturbedRun['followers']): StageTimes {
  const timeOf = (stage: Stage) => {
    const { sightings } = followers[stage];
    const began = sightings.find(({ job }) => job.state !== JobState.JOB_STATE_QUEUED);
    return began === undefined ? 0 : sightings.at(-1)!.at - began.at;
  };
  return Object.fromEntries(STAGES.map((stage) => [stage, timeOf(stage)])) as Record<Stage, number>;
}
