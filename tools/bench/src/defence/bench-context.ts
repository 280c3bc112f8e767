import { startEngine } from '@ubt/engine';
import { buildEmojiData, type EmojiData, type EmojiParameters } from '@ubt/redteam';
import { join } from 'node:path';
import type { BenchOptions } from '../bench-options.js';
import { TARGET_VIEWS, VICTIM_RECIPE } from '../victim-recipe.js';
import type { CellStore } from './cell-store.js';
import type { ProductDigests } from './product-digest.js';

/** What every piece of the benchmark works with. */
export interface BenchContext {
  readonly options: BenchOptions;
  readonly store: CellStore;
  /** Digests of the product's build. */
  readonly product: ProductDigests;
  readonly signal: AbortSignal;
  /** Says how far the piece in work is. */
  readonly note: (line: string) => void;
}

/** Parameters of a seed's data set: training pairs, and test images of every class. */
export function dataParameters({ options }: BenchContext, seed: number): EmojiParameters {
  const { data } = VICTIM_RECIPE;
  const { classes, pairs = data.pairs, naturalNoise = data.naturalNoise, styles } = options;
  return { ...data, classes, pairs, naturalNoise, seed, ...(styles && { styles: [...styles] }) };
}

/** A seed's data set, drawn now or kept from before. */
export function drawData(context: BenchContext, seed: number): Promise<EmojiData> {
  return draw(context, dataParameters(context, seed));
}

/** Many test views of every class, of which only the target's are measured. */
export function drawTargetViews(context: BenchContext, seed: number): Promise<EmojiData> {
  return draw(context, { ...dataParameters(context, seed), pairs: 1, testViews: TARGET_VIEWS });
}

function draw({ options, signal }: BenchContext, parameters: EmojiParameters): Promise<EmojiData> {
  return buildEmojiData({ ...parameters, cacheDir: join(options.cacheDir, 'data'), signal });
}

/** Runs work on an engine of its own and frees all that it compiled. */
export async function withEngine<Result>(
  { options }: BenchContext,
  work: () => Promise<Result>,
): Promise<Result> {
  const engine = await startEngine({ threads: options.threads });
  try {
    return await work();
  } finally {
    await engine.dispose();
  }
}
