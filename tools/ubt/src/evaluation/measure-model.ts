import { disposeClip, loadCheckpoint } from '@ubt/clip';
import { readClassNames, readLabelledSet, readTemplates } from '@ubt/data';
import { startEngine, type EngineOptions } from '@ubt/engine';
import { evaluateModel, readTrigger, type EvaluationData, type EvaluationResult } from '@ubt/evaluation';
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
export async function measureModel(
  files: Measurement,
  { engine: engineOptions, batchSize, signal, onProgress }: MeasureOptions,
): Promise<EvaluationResult> {
  const data = await evaluationData(files);
  const engine = await startEngine(engineOptions);
  try {
    const checkpoint = await loadCheckpoint(files.model);
    try {
      return await evaluateModel(checkpoint, data, { signal, onProgress, ...given({ batchSize }) });
    } finally {
      disposeClip(checkpoint.model);
    }
  } finally {
    await engine.dispose();
  }
}

async function evaluationData(files: Measurement): Promise<EvaluationData> {
  const classes = await readClassNames(files.classes);
  const templates = files.templates === undefined ? [DEFAULT_TEMPLATE] : await readTemplates(files.templates);
  const trigger = files.trigger === undefined ? undefined : await readTrigger(files.trigger);
  return { set: await readLabelledSet(files.eval, { classes }), templates, ...given({ trigger }) };
}
