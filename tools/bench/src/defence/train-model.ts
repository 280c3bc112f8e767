import { VICTIM_RECIPE } from '../victim-recipe.js';
import type { BenchContext } from './bench-context.js';
import { cleanModel } from './clean-model.js';
import { pairsKey, scenarioPairs } from './poisoned-pairs.js';
import type { Scenario } from './scenarios.js';
import { shortened, trainModel, type BenchModel } from './train-in-cell.js';

/** The model that a scenario's pairs give: a victim, or without an attack an honest model. */
export async function scenarioModel(context: BenchContext, scenario: Scenario): Promise<BenchModel> {
  const { regime, architecture, steps } = context.options;
  return trainModel(context, {
    seed: scenario.seed,
    pairsKey: pairsKey(context, scenario),
    pairs: async () => (await scenarioPairs(context, scenario)).pairs,
    recipe: shortened(VICTIM_RECIPE.training[architecture][regime], steps),
    start: await referenceModel(context, scenario.seed),
  });
}

/** The clean checkpoint that a seed's models start from; undefined when they start from random weights. */
export async function referenceModel(context: BenchContext, seed: number): Promise<BenchModel | undefined> {
  return context.options.regime === 'scratch' ? undefined : cleanModel(context, seed);
}
