import { dirname, join } from 'node:path';
import { trainClip, type TrainOptions } from '@ubt/redteam';
import { VICTIM_RECIPE, type SeedlessRecipe } from '../victim-recipe.js';
import { withEngine, type BenchContext } from './bench-context.js';
import type { Cell } from './cell-store.js';
import { pairsKey, scenarioPairs } from './poisoned-pairs.js';
import type { Scenario } from './scenarios.js';

/** A model of the benchmark. */
export interface BenchModel {
  /** Digest of all that made it. */
  readonly id: string;
  /** Its checkpoint's folder. */
  readonly dir: string;
  /** Seconds of its training; of the last training where there were several. */
  readonly seconds: number;
}

/** The model that a scenario's pairs give: a victim, or without an attack an honest model. */
export async function scenarioModel(context: BenchContext, scenario: Scenario): Promise<BenchModel> {
  const { regime, steps } = context.options;
  const recipe = shortened(VICTIM_RECIPE.training[regime], steps);
  const start = await referenceModel(context, scenario.seed);
  return train(context, scenario, recipe, start);
}

/** The clean checkpoint that a seed's models start from; undefined when they start from random weights. */
export async function referenceModel(context: BenchContext, seed: number): Promise<BenchModel | undefined> {
  const { regime, steps } = context.options;
  if (regime === 'scratch') return undefined;
  const recipe = shortened(VICTIM_RECIPE.training.pretraining, steps);
  return train(context, { seed, attack: undefined }, recipe, undefined);
}

async function train(
  context: BenchContext,
  scenario: Scenario,
  seedless: SeedlessRecipe,
  start: BenchModel | undefined,
): Promise<BenchModel> {
  const { seed } = scenario;
  const recipe = { ...seedless, seed };
  const from = start === undefined ? { shape: VICTIM_RECIPE.shape } : { from: start.dir };
  const cell = await context.store.cell({
    kind: 'models',
    key: { pairs: pairsKey(context, scenario), recipe, ...from, ...(start && { from: start.id }) },
    async compute(folder) {
      const { pairs } = await scenarioPairs(context, scenario);
      return trainInCell(context, folder, { ...from, pairs, recipe });
    },
  });
  return modelOf(cell);
}

/** What is recorded of a training run. */
export interface TrainingRecord {
  readonly parameters: number;
  readonly lastLoss: number;
  /** Of the training alone, data and engine being ready. */
  readonly trainingSeconds: number;
}

/** Trains into a cell's folder, with progress. */
export async function trainInCell(
  context: BenchContext,
  folder: string,
  options: Omit<TrainOptions, 'out'>,
): Promise<TrainingRecord> {
  const { signal, note, options: bench } = context;
  const { parameters, losses, seconds } = await withEngine(context, () =>
    trainClip({
      roots: [dirname(options.pairs)],
      ...options,
      ...{ out: join(folder, 'model'), workDir: folder, engine: { threads: bench.threads }, signal },
      onProgress({ step, steps, loss }) {
        if (step % Math.ceil(steps / 4) === 0) note(`step ${step}/${steps}, loss ${loss.toFixed(3)}`);
      },
    }),
  );
  return { parameters, lastLoss: losses.at(-1)!, trainingSeconds: seconds };
}

/** The model in a cell of `trainInCell`. */
export function modelOf({ id, folder, result }: Cell<TrainingRecord>): BenchModel {
  return { id, dir: join(folder, 'model'), seconds: result.trainingSeconds };
}

/** A recipe with another number of steps, where one was asked for. */
export function shortened<Given extends SeedlessRecipe>(recipe: Given, steps: number | undefined): Given {
  return steps === undefined ? recipe : { ...recipe, steps };
}
