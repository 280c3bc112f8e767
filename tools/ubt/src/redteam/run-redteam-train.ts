import { dirname } from 'node:path';
import { trainClip, type TrainOptions, type TrainProgress } from '@ubt/redteam';
import type { ActionContext } from '../cli.js';
import { engineOptions, type EngineFlags } from '../options/engine-options.js';
import { given } from '../options/given.js';
import { EXIT } from '../output/exit-code.js';
import { count, duration } from '../output/format.js';

/** Flags of `ubt redteam train`. */
export interface RedteamTrainFlags extends EngineFlags {
  readonly pairs: string;
  readonly out: string;
  readonly from?: string;
  readonly preset?: 'conv' | 'vit';
  readonly imageSize?: number;
  readonly visionWidth?: number;
  readonly embedDim?: number;
  readonly steps?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly seed?: number;
}

const STEP = 'training';

/** Trains a model in this process and prints where it lies. @returns the exit code */
export async function runRedteamTrain(flags: RedteamTrainFlags, context: ActionContext): Promise<number> {
  const { output, signal, io } = context;
  const progress = output.progress([{ key: STEP, title: STEP }]);
  try {
    const result = await trainClip({
      ...trainOptions(flags),
      engine: engineOptions(flags, io.env),
      signal,
      onProgress: (at) => progress.update(STEP, describe(at)),
    });
    const { dir, parameters, seconds, losses, recipe } = result;
    progress.done(STEP, `${count(recipe.steps)} steps in ${duration(seconds)}`);
    await progress.close();
    const loss = losses.at(-1) ?? null;
    output.result({ model: dir, parameters, seconds, loss, recipe }, [
      `${count(parameters)} parameters, last loss ${loss?.toFixed(3) ?? '–'}`,
      dir,
    ]);
    return EXIT.ok;
  } finally {
    await progress.close();
  }
}

/** Unset flags stay unset, so that the red team's own defaults hold. */
function trainOptions(flags: RedteamTrainFlags): TrainOptions {
  const { pairs, out, from, preset, imageSize, visionWidth, embedDim } = flags;
  const { steps, batchSize, learningRate, seed } = flags;
  return {
    pairs,
    out,
    roots: [dirname(pairs)],
    ...(from === undefined ? { shape: given({ preset, imageSize, visionWidth, embedDim }) } : { from }),
    recipe: given({ steps, batchSize, learningRate, seed }),
  };
}

function describe({ step, steps, loss, pairsPerSecond }: TrainProgress): string {
  return `step ${count(step)}/${count(steps)} · loss ${loss.toFixed(3)} · ${count(Math.round(pairsPerSecond))} pairs/s`;
}
