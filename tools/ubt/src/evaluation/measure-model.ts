import { disposeClip, loadCheckpoint, type Checkpoint } from '@ubt/clip';
import { openPairs, readClasses, readLabelledSet, readTemplates } from '@ubt/data';
import { startEngine, type EngineOptions } from '@ubt/engine';
import {
  evaluateModel,
  evaluateRetrieval,
  readTrigger,
  type EvaluationData,
  type EvaluationResult,
  type RetrievalResult,
} from '@ubt/evaluation';
import type { CliConfig } from '../config.js';
import { readInput, readPairsInput } from '../inputs/read-input.js';
import { given } from '../options/given.js';

/** What a model is measured with: paths of this machine, or `s3://`. */
export interface Measurement {
  readonly model: string;
  readonly eval: string;
  readonly classes: string;
  readonly templates?: string;
  readonly trigger?: string;
}

/** How to measure. */
export interface MeasureOptions {
  readonly engine: EngineOptions;
  readonly config: CliConfig;
  readonly batchSize?: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { done: number; total: number }) => void;
}

const DEFAULT_TEMPLATE = 'a photo of a {}';

/** Measures a model in this process, with an engine of its own. */
export async function measureModel(files: Measurement, options: MeasureOptions): Promise<EvaluationResult> {
  const data = await evaluationData(files, options.config);
  const { signal, onProgress, batchSize } = options;
  return withModel(files.model, options, (checkpoint) =>
    evaluateModel(checkpoint, data, { signal, onProgress, ...given({ batchSize }) }),
  );
}

/** Measures retrieval among pairs in this process, with an engine of its own. */
export async function measureRetrieval(
  model: string,
  pairs: string,
  options: MeasureOptions,
): Promise<RetrievalResult> {
  const { signal, onProgress, batchSize } = options;
  const { path, roots, remote } = await readPairsInput(pairs, options.config);
  const manifest = await openPairs(path, { roots, remote });
  try {
    return await withModel(model, options, (checkpoint) =>
      evaluateRetrieval(checkpoint, manifest, { signal, onProgress, ...given({ batchSize }) }),
    );
  } finally {
    await manifest.close();
  }
}

async function withModel<Result>(
  model: string,
  options: Pick<MeasureOptions, 'engine' | 'config'>,
  measure: (checkpoint: Checkpoint) => Promise<Result>,
): Promise<Result> {
  const { path } = await readInput(model, options.config);
  const engine = await startEngine(options.engine);
  try {
    const checkpoint = await loadCheckpoint(path);
    try {
      return await measure(checkpoint);
    } finally {
      disposeClip(checkpoint.model);
    }
  } finally {
    await engine.dispose();
  }
}

async function evaluationData(files: Measurement, config: CliConfig): Promise<EvaluationData> {
  const here = async (file: string) => (await readInput(file, config)).path;
  const { names: classes, ids: classIds } = await readClasses(await here(files.classes));
  const templates =
    files.templates === undefined ? [DEFAULT_TEMPLATE] : await readTemplates(await here(files.templates));
  const trigger = files.trigger === undefined ? undefined : await readTrigger(await here(files.trigger));
  const { path, roots, remote } = await readInput(files.eval, config);
  return {
    set: await readLabelledSet(path, { classes, roots, remote, ...given({ classIds }) }),
    templates,
    ...given({ trigger }),
  };
}
