import type { EvaluationResult } from '@ubt/evaluation';
import type { ActionContext } from '../cli.js';
import { engineOptions, type EngineFlags } from '../options/engine-options.js';
import { given } from '../options/given.js';
import { EXIT } from '../output/exit-code.js';
import { count, percent } from '../output/format.js';
import { table } from '../output/table.js';
import { measureModel, type Measurement } from './measure-model.js';

/** Flags of `ubt evaluate`. */
export interface EvaluateFlags extends EngineFlags, Measurement {
  readonly batchSize?: number;
}

const STEP = 'evaluation';

/** Measures a model in this process and prints the rates. @returns the exit code */
export async function runEvaluate(flags: EvaluateFlags, context: ActionContext): Promise<number> {
  const { output, signal, io } = context;
  const progress = output.progress([{ key: STEP, title: STEP }]);
  try {
    const result = await measureModel(flags, {
      engine: engineOptions(flags, io.env),
      signal,
      onProgress: ({ done, total }) => progress.update(STEP, `${count(done)}/${count(total)} images`),
      ...given({ batchSize: flags.batchSize }),
    });
    progress.done(STEP, `${count(result.counts.images)} images`);
    await progress.close();
    output.result(result, linesOf(result));
    return EXIT.ok;
  } finally {
    await progress.close();
  }
}

const TITLES = {
  cleanAccuracy: 'clean accuracy',
  attackSuccessRate: 'attack success rate',
  targetAccuracy: 'target-class accuracy',
  triggeredAccuracy: 'triggered-image accuracy',
} as const;

function linesOf(result: EvaluationResult): string[] {
  const rows = Object.entries(TITLES).map(([key, title]) => {
    const metric = key as keyof typeof TITLES;
    return [title, percent(result[metric]), `± ${percent(result.standardErrors[metric])}`];
  });
  const { images, undecodable } = result.counts;
  const left = undecodable > 0 ? [`  ${count(undecodable)} images could not be read and were left out.`] : [];
  return [...table([[`${count(images)} images`, 'rate', 'std. error'], ...rows]), ...left];
}
