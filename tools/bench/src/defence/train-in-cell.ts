import { dirname, join } from 'node:path';
import { trainClip, type TrainOptions } from '@ubt/redteam';
import { VICTIM_RECIPE, type SeedlessRecipe } from '../victim-recipe.js';
import { withEngine, type BenchContext } from './bench-context.js';
import type { Cell } from './cell-store.js';

/** A model of the benchmark. */
export interface BenchModel {
  /** Digest of all that made it. */
  readonly id: string;
  /** Its checkpoint's folder. */
  readonly dir: string;
  /** Seconds of its training; of the last training where there were several. */
  readonly seconds: number;
}

/** A training of the benchmark. */
export interface BenchTraining {
  readonly seed: number;
  /** Everything that decides the pairs. */
  readonly pairsKey: object;
  pairs(): Promise<string>;
  readonly recipe: SeedlessRecipe;
  /** Random weights without it. */
  readonly start?: BenchModel | undefined;
}

/** Trains a model, or takes it from the cache. */
export async function trainModel(
  context: BenchContext,
  { seed, pairsKey, recipe: seedless, start, ...training }: BenchTraining,
): Promise<BenchModel> {
  const recipe = { ...seedless, seed };
  const shape = VICTIM_RECIPE.shapes[context.options.architecture];
  const from = start === undefined ? { shape } : { from: start.dir };
  const cell = await context.store.cell({
    kind: 'models',
    key: { pairs: pairsKey, recipe, ...from, ...(start && { from: start.id }) },
    compute: async (folder) =>
      trainInCell(context, folder, { ...from, pairs: await training.pairs(), recipe }),
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
