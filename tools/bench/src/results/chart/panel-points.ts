import { BASELINES } from '../../defence/baselines/baselines.js';
import { learningRates, runsOf } from '../best-learning-rate.js';
import type { Measures, VictimResult } from '../bench-results.js';
import { meanSpread } from '../mean-spread.js';

/** A model's place in the plane of the chart; both in per cent. */
export interface Point {
  readonly accuracy: number;
  readonly attackSuccess: number;
}

/** What one panel shows: means over the seeds of one attack. */
export interface PanelPoints {
  readonly victim: Point | undefined;
  readonly honest: Point | undefined;
  readonly defended: readonly Point[];
  /** Each baseline's curve, by rising learning rate; those that were run. */
  readonly curves: readonly { readonly baseline: string; readonly points: readonly Point[] }[];
}

/** The points of one attack. */
export function panelPoints(results: readonly VictimResult[]): PanelPoints {
  const defences = results.flatMap((result) => result.defences);
  return {
    victim: meanPoint(results.flatMap(({ victim }) => victim ?? [])),
    honest: meanPoint(results.flatMap(({ honest }) => honest ?? [])),
    defended: (['alone', 'with reference'] as const).flatMap(
      (help) => meanPoint(defences.filter((run) => run.help === help).map(({ after }) => after)) ?? [],
    ),
    curves: BASELINES.map(({ name }) => ({
      baseline: name,
      points: learningRates(results, name).flatMap(
        (rate) => meanPoint(runsOf(results, name, rate).map(({ after }) => after)) ?? [],
      ),
    })).filter(({ points }) => points.length > 0),
  };
}

function meanPoint(measures: readonly Measures[]): Point | undefined {
  const accuracy = meanSpread(measures.map(({ cleanAccuracy }) => cleanAccuracy));
  const success = meanSpread(measures.flatMap(({ attackSuccessRate }) => attackSuccessRate ?? []));
  if (accuracy === undefined || success === undefined) return undefined;
  return { accuracy: 100 * accuracy.mean, attackSuccess: 100 * success.mean };
}
