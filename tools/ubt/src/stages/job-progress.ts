import { JobState, type Job } from '@ubt/contracts';
import { count, duration } from '../output/format.js';

/** What a job is doing, in a few words: `scoring pairs 3,200/12,000 pairs · 1,540/s · 6 s left`. */
export function describeProgress({ state, attempt, progress }: Job): string {
  if (state === JobState.JOB_STATE_QUEUED) return 'waiting for a worker';
  const again = attempt > 1 ? ` (attempt ${attempt})` : '';
  if (progress === undefined || progress.phase === '') return `starting${again}`;
  const { phase, done, total, unit, rate, etaSeconds } = progress;
  const parts = [total > 0n ? `${phase} ${count(done)}/${count(total)} ${unit}` : phase];
  if (rate > 0) parts.push(`${count(Number(rate.toPrecision(3)))}/s`);
  if (etaSeconds >= 1) parts.push(`${duration(etaSeconds)} left`);
  return parts.join(' · ') + again;
}

/** Seconds a job ran, from its first worker's start to its end; 0 while it has not ended. */
export function secondsOf({ createTime, startTime, endTime }: Job): number {
  const from = startTime ?? createTime;
  if (from === undefined || endTime === undefined) return 0;
  return Number(endTime.seconds - from.seconds) + (endTime.nanos - from.nanos) / 1e9;
}
