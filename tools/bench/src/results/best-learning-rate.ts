import type { VictimResult } from './bench-results.js';
import { meanSpread } from './mean-spread.js';

/** Clean accuracy that a baseline may cost and still be chosen for its attack success. */
const TOLERATED_LOSS = 0.02;

/**
 * The learning rate at which a baseline does best over the seeds of one attack: the lowest attack success
 * among those that keep clean accuracy within two points of the victim's, or else the highest clean accuracy.
 * It is chosen on the test data, in the baseline's favour.
 */
export function bestLearningRate(results: readonly VictimResult[], baseline: string): number | undefined {
  const points = learningRates(results, baseline).map((learningRate) => ({
    learningRate,
    ...outcomeAt(results, baseline, learningRate),
  }));
  const harmless = points.filter(({ loss }) => loss <= TOLERATED_LOSS);
  const [best] =
    harmless.length > 0
      ? harmless.sort((a, b) => a.attackSuccess - b.attackSuccess)
      : points.sort((a, b) => a.loss - b.loss);
  return best?.learningRate;
}

/** The learning rates that a baseline was run at, rising. */
export function learningRates(results: readonly VictimResult[], baseline: string): number[] {
  const rates = runsOf(results, baseline).map(({ learningRate }) => learningRate);
  return [...new Set(rates)].sort((a, b) => a - b);
}

/** All runs of a baseline, at one learning rate where it is given. */
export function runsOf(
  results: readonly VictimResult[],
  baseline: string,
  learningRate?: number,
): VictimResult['baselines'][number][] {
  return results
    .flatMap(({ baselines }) => baselines)
    .filter((run) => run.baseline === baseline)
    .filter((run) => learningRate === undefined || run.learningRate === learningRate);
}

/** Mean loss of clean accuracy and mean attack success at one learning rate. */
function outcomeAt(results: readonly VictimResult[], baseline: string, learningRate: number) {
  const runs = results.flatMap((result) =>
    runsOf([result], baseline, learningRate).map(({ after }) => ({
      loss: (result.victim?.cleanAccuracy ?? 0) - after.cleanAccuracy,
      attackSuccess: after.attackSuccessRate ?? 0,
    })),
  );
  return {
    loss: meanSpread(runs.map(({ loss }) => loss))?.mean ?? Infinity,
    attackSuccess: meanSpread(runs.map(({ attackSuccess }) => attackSuccess))?.mean ?? Infinity,
  };
}
