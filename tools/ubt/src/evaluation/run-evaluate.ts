import { disposeClip, loadCheckpoint } from '@ubt/clip';
import { readClassNames, readLabelledSet, readTemplates } from '@ubt/data';
import { startEngine } from '@ubt/engine';
import { evaluateModel, readTrigger, type EvaluationData, type EvaluationResult } from '@ubt/evaluation';
import type { ActionContext } from '../cli.js';
import { engineOptions, type EngineFlags } from '../options/engine-options.js';
import { EXIT } from '../output/exit-code.js';
import { count, percent } from '../output/format.js';
import { table } from '../output/table.js';

/** Flags of `ubt evaluate`. */
export interface EvaluateFlags extends EngineFlags {
  readonly model: string;
  readonly eval: string;
  readonly classes: string;
  readonly templates?: string;
  readonly trigger?: string;
  readonly batchSize?: number;
}

const STEP = 'evaluation';
const DEFAULT_TEMPLATE = 'a photo of a {}';

/** Measures a model in this process and prints the rates. @returns the exit code */
export async function runEvaluate(flags: EvaluateFlags, context: ActionContext): Promise<number> {
  const { output, signal, io } = context;
  const data = await evaluationData(flags);
  const engine = await startEngine(engineOptions(flags, io.env));
  const progress = output.progress([{ key: STEP, title: STEP }]);
  try {
    const checkpoint = await loadCheckpoint(flags.model);
    try {
      const result = await evaluateModel(checkpoint, data, {
        signal,
        ...(flags.batchSize === undefined ? {} : { batchSize: flags.batchSize }),
        onProgress: ({ done, total }) => progress.update(STEP, `${count(done)}/${count(total)} images`),
      });
      progress.done(STEP, `${count(result.counts.images)} images`);
      await progress.close();
      output.result(result, linesOf(result));
      return EXIT.ok;
    } finally {
      disposeClip(checkpoint.model);
    }
  } finally {
    await progress.close();
    await engine.dispose();
  }
}

async function evaluationData(flags: EvaluateFlags): Promise<EvaluationData> {
  const classes = await readClassNames(flags.classes);
  const templates = flags.templates === undefined ? [DEFAULT_TEMPLATE] : await readTemplates(flags.templates);
  return {
    set: await readLabelledSet(flags.eval, { classes }),
    templates,
    ...(flags.trigger === undefined ? {} : { trigger: await readTrigger(flags.trigger) }),
  };
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
