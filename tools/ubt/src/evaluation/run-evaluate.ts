import { UbtError } from '@ubt/errors';
import type { EvaluationResult, RetrievalResult } from '@ubt/evaluation';
import type { ActionContext } from '../cli.js';
import { engineOptions, type EngineFlags } from '../options/engine-options.js';
import { given } from '../options/given.js';
import { EXIT } from '../output/exit-code.js';
import { count, percent } from '../output/format.js';
import { table } from '../output/table.js';
import { measureModel, measureRetrieval, type Measurement } from './measure-model.js';

/** Flags of `ubt evaluate`. */
export interface EvaluateFlags extends EngineFlags, Partial<Measurement> {
  readonly model: string;
  /** Pairs to measure retrieval on. */
  readonly pairs?: string;
  readonly batchSize?: number;
}

const STEP = 'evaluation';

/** Measures a model in this process and prints the rates. @returns the exit code */
export async function runEvaluate(flags: EvaluateFlags, context: ActionContext): Promise<number> {
  const { output, signal, io, config } = context;
  const labelled = labelledOf(flags);
  const progress = output.progress([{ key: STEP, title: STEP }]);
  const options = {
    engine: engineOptions(flags, io.env),
    config,
    signal,
    onProgress: ({ done, total }: { done: number; total: number }) =>
      progress.update(STEP, `${count(done)}/${count(total)} images`),
    ...given({ batchSize: flags.batchSize }),
  };
  try {
    const result = labelled && (await measureModel(labelled, options));
    const retrieval =
      flags.pairs === undefined ? undefined : await measureRetrieval(flags.model, flags.pairs, options);
    const images = (result?.counts.images ?? 0) + (retrieval?.counts.pairs ?? 0);
    progress.done(STEP, `${count(images)} images`);
    await progress.close();
    const lines = [...(result ? linesOf(result) : []), ...(retrieval ? retrievalLines(retrieval) : [])];
    output.result({ ...result, ...given({ retrieval }) }, lines);
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

/** What to measure on labelled images; undefined when only pairs are given. @throws UbtError USAGE */
function labelledOf(flags: EvaluateFlags): Measurement | undefined {
  const { eval: images, classes, pairs, templates, trigger } = flags;
  if (images !== undefined && classes !== undefined) return { ...flags, eval: images, classes };
  const isPartial = [images, classes, templates, trigger].some((flag) => flag !== undefined);
  if (pairs !== undefined && !isPartial) return undefined;
  throw new UbtError('invalid-argument', 'There is nothing to measure the model on.', {
    code: 'USAGE',
    fix: 'Give --eval and --classes together (labelled images), or --pairs (retrieval), or all three.',
  });
}

function retrievalLines({ imageToText, textToImage, counts }: RetrievalResult): string[] {
  const line = (title: string, { at1, at5, at10 }: RetrievalResult['imageToText']) => [
    ...[title, percent(at1), percent(at5), percent(at10)],
  ];
  const head = [`${count(counts.pairs)} pairs`, 'R@1', 'R@5', 'R@10'];
  return table([head, line('image → text', imageToText), line('text → image', textToImage)]);
}
