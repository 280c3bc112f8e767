import { UbtError } from '@ubt/errors';
import type { BenchCase } from './cases.js';
import { startSide, type SideProcess } from './side-process.js';
import { SIDES, type Side, type Step } from './sides.js';

/** How a case is measured. */
export interface MeasureOptions {
  readonly threads: number;
  /** Steps of each side, taken in turn, after two that are not counted. */
  readonly rounds: number;
  readonly python: string;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What a side took for a case. */
export interface SideResult {
  readonly side: Side['name'];
  /** Time from a made model to the first result, compilation included. */
  readonly firstMs: number;
  readonly peakMiB: number;
  /** The counted steps, in order; the sides' n-th steps were taken one after the other. */
  readonly steps: readonly Step[];
}

/** A case as measured. */
export interface CaseResult {
  readonly case: BenchCase;
  readonly sides: readonly SideResult[];
  /** What sides that began the case failed with. */
  readonly failures: readonly string[];
}

/** Why a side can take no part in any case, by its name. */
export type MissingSides = Map<Side['name'], string>;

/** A second step may compile once more: with the weights as part of the graph. */
const WARM_UP = 2;

/** Runs a case on all sides, each in a process of its own, one step of each in turn. */
export async function measureCase(
  given: BenchCase,
  missing: MissingSides,
  { threads, rounds, python, progress, signal }: MeasureOptions,
): Promise<CaseResult> {
  const processes: SideProcess[] = [];
  const failures: string[] = [];
  try {
    for (const side of SIDES.filter((one) => one.takes(given) && !missing.has(one.name))) {
      const { task, config, batch, batchNorm } = given;
      const job = { task, config, batch, batchNorm, threads, variant: side.variant };
      const started = await startSide(side, job, python);
      if ('missing' in started.readiness) missing.set(side.name, started.readiness.missing);
      else processes.push(started);
    }
    const taken = new Map(processes.map((one) => [one, [] as Step[]]));
    for (let round = 0; round < WARM_UP + rounds; round++) {
      progress(`${given.name}: round ${round + 1} of ${WARM_UP + rounds}`);
      for (const [one, steps] of taken) {
        signal.throwIfAborted();
        const step = await one.step().catch((error: unknown) => UbtError.from(error));
        if (!(step instanceof UbtError)) steps.push(step);
        else {
          taken.delete(one);
          failures.push(step.message);
        }
      }
    }
    return { case: given, sides: [...taken].map(([one, steps]) => sideResult(one, steps)), failures };
  } finally {
    for (const one of processes) one.close();
  }
}

function sideResult({ side }: SideProcess, steps: readonly Step[]): SideResult {
  const [first, last] = [steps[0]!, steps.at(-1)!];
  return { side: side.name, firstMs: first.wallMs, peakMiB: last.peakMiB, steps: steps.slice(WARM_UP) };
}
