import type { VictimResult } from './bench-results.js';
import { meanSpread } from './mean-spread.js';

/** Clean accuracy that a baseline may cost and still be chosen for its attack success. */
const TOLERATED_LOSS = 0.02;

/**
 * The learning rate at which fine-tuning does best over the seeds of one attack: the lowest attack success
 * among those that keep clean accuracy within two points of the victim's, or else the highest clean accuracy.
 * It is chosen on the test data, in the baseline's favour.
 */
export function bestLearningRate(results: readonly VictimResult[]): number | undefined {
  const rates = new Set(results.flatMap(({ fineTunings }) => fineTunings.map((run) => run.learningRate)));
  const points = [...rates].map((learningRate) => ({ learningRate, ...outcomeAt(results, learningRate) }));
  const harmless = points.filter(({ loss }) => loss <= TOLERATED_LOSS);
  const [best] =
    harmless.length > 0
      ? harmless.sort((a, b) => a.attackSuccess - b.attackSuccess)
      : points.sort((a, b) => a.loss - b.loss);
  return best?.learningRate;
}

/** Mean loss of clean accuracy and mean attack success at one learning rate. */
function outcomeAt(results: readonly VictimResult[], learningRate: number) {
  const runs = results.flatMap(({ victim, fineTunings }) =>
    fineTunings
      .filter((run) => run.learningRate === learningRate)
      .map(({ after }) => ({
        loss: (victim?.cleanAccuracy ?? 0) - after.cleanAccuracy,
        attackSuccess: after.attackSuccessRate ?? 0,
      })),
  );
  return {
    loss: meanSpread(runs.map(({ loss }) => loss))?.mean ?? Infinity,
    attackSuccess: meanSpread(runs.map(({ attackSuccess }) => attackSuccess))?.mean ?? Infinity,
  };
}
