import { dirname } from 'node:path';
import { openPairs } from '@ubt/data';
import { VICTIM_RECIPE } from '../../victim-recipe.js';
import type { BenchContext } from '../bench-context.js';
import { pairsKey, scenarioPairs } from '../poisoned-pairs.js';
import type { Scenario } from '../scenarios.js';
import { trainModel } from '../train-in-cell.js';
import { referenceModel } from '../train-model.js';
import type { Detector, PairScores } from './detector.js';
import { embedScenario } from './embed-scenario.js';
import { pairLossesOf } from './pair-loss.js';

/** Pairs that are matched against each other when their loss is measured. */
const BATCH = 128;

/** What is learnt first is suspicious: a low contrastive loss after one pass over the pairs. */
export const ablLoss: Detector = {
  name: 'abl-loss',
  source: 'isolation of ABL, arXiv 2110.11571: it sees the training itself, from where the victim started',
  score: (context, scenario) => ablLossScores(context, scenario),
};

/** Scores by the loss after one pass of training from the checkpoint that the victim started from. */
export async function ablLossScores(context: BenchContext, scenario: Scenario): Promise<PairScores> {
  const { regime, architecture } = context.options;
  const { pairs } = await scenarioPairs(context, scenario);
  const recipe = VICTIM_RECIPE.training[architecture][regime];
  const total = (await openPairs(pairs, { roots: [dirname(pairs)] })).usable.length;
  const model = await trainModel(context, {
    seed: scenario.seed,
    pairsKey: pairsKey(context, scenario),
    pairs: async () => pairs,
    recipe: { ...recipe, steps: Math.max(1, Math.floor(total / recipe.batchSize)) },
    start: await referenceModel(context, scenario.seed),
  });
  const embedded = await embedScenario(context, scenario, model.dir);
  return { rows: embedded.rows, scores: pairLossesOf(embedded, BATCH).map((loss) => -loss) };
}
