import { VICTIM_RECIPE } from '../victim-recipe.js';
import { dataParameters, drawData, type BenchContext } from './bench-context.js';
import { shortened, trainModel, type BenchModel } from './train-in-cell.js';

/**
 * The model that learned a seed's pairs clean, in either regime: what victims are fine-tuned from, and what an
 * attacker computes triggers on.
 */
export async function cleanModel(context: BenchContext, seed: number): Promise<BenchModel> {
  return trainModel(context, {
    seed,
    pairsKey: { data: dataParameters(context, seed) },
    pairs: async () => (await drawData(context, seed)).pairs,
    recipe: cleanRecipe(context),
  });
}

/** How {@link cleanModel} is trained. */
export function cleanRecipe({ options: { architecture, steps } }: BenchContext) {
  return shortened(VICTIM_RECIPE.training[architecture].pretraining, steps);
}
