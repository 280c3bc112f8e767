import type { JobProgress } from './job-record.js';

/** What a worker reports: units done in a phase, of a total when it is known. */
export interface ProgressReport {
  /** What it is doing, for example "scoring pairs". */
  readonly phase: string;
  readonly done: number;
  readonly total?: number;
  /** What is counted, for example pairs or steps. */
  readonly unit?: string;
}

/** The rate is measured over this many milliseconds. */
const WINDOW_MS = 10_000;

/**
 * Turns reports into progress with rate and remaining time. The rate is that of the last ten seconds of the
 * phase, so a job resumed in the middle does not look fast.
 *
 * @returns a function of a report and its time in milliseconds, which must not go back
 */
export function progressMeter(): (report: ProgressReport, at: number) => JobProgress {
  let phase: string | undefined;
  let samples: { at: number; done: number }[] = [];
  return (report, at) => {
    if (report.phase !== phase) {
      phase = report.phase;
      samples = [];
    }
    samples.push({ at, done: report.done });
    while (samples.length > 2 && samples[1]!.at < at - WINDOW_MS) samples.shift();
    const { done, total = 0, unit = '' } = report;
    const rate = rateOf(samples);
    const etaSeconds = rate > 0 && total > done ? (total - done) / rate : 0;
    return { phase, done, total, unit, rate, etaSeconds };
  };
}

function rateOf(samples: readonly { at: number; done: number }[]): number {
  const first = samples[0]!;
  const last = samples[samples.length - 1]!;
  const seconds = (last.at - first.at) / 1_000;
  return seconds > 0 ? Math.max(0, (last.done - first.done) / seconds) : 0;
}
