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
import { given } from '../options/given.js';

/** Files that a model is measured with. */
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
  readonly batchSize?: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { done: number; total: number }) => void;
}

const DEFAULT_TEMPLATE = 'a photo of a {}';

/** Measures a model in this process, with an engine of its own. */
export async function measureModel(files: Measurement, options: MeasureOptions): Promise<EvaluationResult> {
  const data = await evaluationData(files);
  const { signal, onProgress, batchSize } = options;
  return withModel(files.model, options.engine, (checkpoint) =>
    evaluateModel(checkpoint, data, { signal, onProgress, ...given({ batchSize }) }),
  );
}

/** Measures retrieval among pairs in this process, with an engine of its own. */
export async function measureRetrieval(
  model: string,
  pairs: string,
  { engine, signal, onProgress, batchSize }: MeasureOptions,
): Promise<RetrievalResult> {
  const manifest = await openPairs(pairs);
  try {
    return await withModel(model, engine, (checkpoint) =>
      evaluateRetrieval(checkpoint, manifest, { signal, onProgress, ...given({ batchSize }) }),
    );
  } finally {
    await manifest.close();
  }
}

async function withModel<Result>(
  model: string,
  engineOptions: EngineOptions,
  measure: (checkpoint: Checkpoint) => Promise<Result>,
): Promise<Result> {
  const engine = await startEngine(engineOptions);
  try {
    const checkpoint = await loadCheckpoint(model);
    try {
      return await measure(checkpoint);
    } finally {
      disposeClip(checkpoint.model);
    }
  } finally {
    await engine.dispose();
  }
}

async function evaluationData(files: Measurement): Promise<EvaluationData> {
  const { names: classes, ids: classIds } = await readClasses(files.classes);
  const templates = files.templates === undefined ? [DEFAULT_TEMPLATE] : await readTemplates(files.templates);
  const trigger = files.trigger === undefined ? undefined : await readTrigger(files.trigger);
  return {
    set: await readLabelledSet(files.eval, { classes, ...given({ classIds }) }),
    templates,
    ...given({ trigger }),
  };
}
