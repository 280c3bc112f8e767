import type { JobSighting } from '../run/follow-job.js';

/** How an attempt of a job went on after the one before it had died. */
export interface Resumption {
  /** The attempt that died. */
  readonly attempt: number;
  readonly phase: string;
  /** What the dead attempt had done, as it was seen last. */
  readonly doneBefore: number;
  /** What of it was safe, by the checkpoint that it had logged last; undefined when it had logged none. */
  readonly safe: number | undefined;
  /** Where the next attempt went on; undefined when it was never seen in this phase. */
  readonly resumedAt: number | undefined;
  readonly total: number;
  readonly unit: string;
}

/**
 * What each attempt after the first took over.
 *
 * @param sightings of one job, oldest first
 * @param log what the stage's processes have logged, as JSON lines
 */
export function resumptions(sightings: readonly JobSighting[], log: string): Resumption[] {
  const attempts = [...new Set(sightings.map(({ job }) => job.attempt))].filter((attempt) => attempt > 0);
  return attempts.slice(0, -1).flatMap((attempt, at) => {
    const last = sightings.findLast(({ job }) => job.attempt === attempt && job.progress !== undefined)?.job;
    if (last?.progress === undefined) return [];
    const { phase, done, total, unit } = last.progress;
    const next = sightings.find(
      ({ job }) => job.attempt === attempts[at + 1] && job.progress?.phase === phase,
    )?.job;
    return {
      ...{ attempt, phase, unit, doneBefore: Number(done), total: Number(total) },
      safe: lastCheckpoint(log, last.name, attempt),
      resumedAt: next?.progress === undefined ? undefined : Number(next.progress.done),
    };
  });
}

/** The number that the last checkpoint of an attempt speaks of: 40 of `pass 1, 40 pairs`. */
function lastCheckpoint(log: string, job: string, attempt: number): number | undefined {
  let current = 0;
  let safe: number | undefined;
  for (const line of log.split('\n')) {
    if (!line.includes(job)) continue;
    const entry = parse(line);
    if (typeof entry.attempt === 'number' && entry.msg === 'job starts') current = entry.attempt;
    const note = typeof entry.checkpoint === 'string' ? /(\d+)\D*$/.exec(entry.checkpoint)?.[1] : undefined;
    if (current === attempt && note !== undefined) safe = Number(note);
  }
  return safe;
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}
