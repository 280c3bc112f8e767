import { BASELINES as SHARED } from '../../victim-recipe.js';
import type { BenchContext } from '../bench-context.js';
import type { Scenario } from '../scenarios.js';
import { modelOf, shortened, trainInCell, type BenchModel, type TrainingRecord } from '../train-in-cell.js';
import type { Baseline } from './baseline.js';

/** One training of a baseline. */
export interface BaselineRun {
  readonly baseline: Baseline;
  readonly model: BenchModel;
  readonly learningRate: number;
  /** The recipe's unless told. */
  readonly steps?: number | undefined;
}

/** Runs a baseline on a victim at one learning rate. @returns the victim itself where there was nothing to do */
export async function runBaseline(
  context: BenchContext,
  scenario: Scenario,
  { baseline, model, learningRate, steps = context.options.baselineSteps }: BaselineRun,
): Promise<BenchModel> {
  const shared = shortened(SHARED.recipe, steps);
  const recipe = { ...shared, learningRate, seed: scenario.seed };
  const cell = await context.store.cell<TrainingRecord | { untouched: true }>({
    kind: baseline.name,
    key: { model: model.id, recipe, ...baseline.key(context) },
    async compute(folder) {
      const material = await baseline.prepare(context, scenario, model, folder);
      if (material === undefined) return { untouched: true };
      return trainInCell(context, folder, { ...material, from: model.dir, recipe });
    },
  });
  const { result } = cell;
  return 'untouched' in result ? { ...model, seconds: 0 } : modelOf({ ...cell, result });
}
