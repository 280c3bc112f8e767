import {
  clipParameterCount,
  cloneClip,
  cosines,
  disposeClip,
  embedCaptions,
  embedPixels,
  freezeClip,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import type { Precision } from '@ubt/engine';
import * as tf from '@tensorflow/tfjs-core';
import type { Measure, NamedModels } from './measure.js';
import type { PairSource } from './pair-source.js';

/** Unit-norm embeddings `[n, d]` of a batch's images and captions, on the engine. */
export function embedBatch(
  model: EmbeddingModel,
  batch: PairBatch,
): { images: tf.Tensor2D; texts: tf.Tensor2D } {
  return { images: embedPixels(model, batch.pixels), texts: embedCaptions(model, batch) };
}

/** Numbers per pair, by name, with the rows they belong to; all arrays are parallel. */
export interface PairMeasurements<Name extends string> {
  readonly rows: number[];
  readonly columns: Record<Name, Float32Array>;
}

/** How {@link measurePairs} runs. */
export interface MeasureOptions {
  readonly signal: AbortSignal;
  /** Arithmetic of the models; float32 unless told. */
  readonly precision?: Precision;
  /** Called after each batch with the pairs measured so far. */
  readonly onBatch: (done: number) => void;
  /** Only these manifest rows; all when unset. */
  readonly rows?: readonly number[];
}

/**
 * Takes a measure of every batch of one pass and gathers its results: here, or elsewhere where the source has that. The
 * models are frozen for the pass: embedding is all they do in it.
 *
 * @param models what the measure embeds with, by name; they stay as they are
 */
export async function measurePairs<Name extends string, Models extends NamedModels>(
  source: PairSource,
  models: Models,
  measure: Measure<Name, Models>,
  options: MeasureOptions,
): Promise<PairMeasurements<Name>> {
  const { precision = 'float32' } = options;
  if (source.elsewhere !== undefined && options.rows === undefined) {
    const pass = { measure: measure.name, models, precision };
    const { rows, columns } = await source.elsewhere.run(pass, options.onBatch);
    return { rows: [...rows], columns: columns as Record<Name, Float32Array> };
  }
  const frozen = await freezeAll(models, precision);
  try {
    return await measureFrozen(source, frozen, measure, options);
  } finally {
    for (const model of Object.values(frozen)) if (model !== undefined) disposeClip(model.clip);
  }
}

/** The models, frozen so that a batch gives the same bits wherever and after whatever it is computed. */
async function freezeAll<Models extends NamedModels>(models: Models, precision: Precision): Promise<Models> {
  const frozen: [string, EmbeddingModel][] = [];
  for (const [name, model] of Object.entries(models)) {
    if (model !== undefined) frozen.push([name, await freezeForPass(model, precision)]);
  }
  return Object.fromEntries(frozen) as Models;
}

/**
 * Weights beyond this, in bytes, are fed and not compiled in: a second and a third copy of ViT-B/32 take 850 MiB and save
 * 3 % of the time (docs/data.md).
 */
const MOST_COMPILED_IN = 2 ** 28;

/**
 * A model for {@link measureFrozen}, which the caller disposes. Its weights are compiled in, except those of a large model
 * in float32.
 */
export async function freezeForPass(model: EmbeddingModel, precision: Precision): Promise<EmbeddingModel> {
  const isFed = precision === 'float32' && 4 * clipParameterCount(model.clip.config) > MOST_COMPILED_IN;
  const clip = isFed ? cloneClip(model.clip) : await freezeClip(model.clip, precision, 'at-once');
  return { ...model, clip };
}

/** {@link measurePairs}, here, with models that are frozen already. */
export const measureFrozen = <Name extends string, Models extends NamedModels>(
  source: PairSource,
  frozen: Models,
  measure: Measure<Name, Models>,
  options: MeasureOptions,
): Promise<PairMeasurements<Name>> => gather(source, (batch) => measure.apply(batch, frozen), options);

async function gather<Name extends string>(
  source: PairSource,
  measure: (batch: PairBatch) => Record<Name, tf.Tensor1D>,
  options: MeasureOptions,
): Promise<PairMeasurements<Name>> {
  const saved = await source.log?.begin();
  const rows = [...(saved?.rows ?? [])];
  const gathered = new Map<string, number[]>();
  for (const [name, column] of Object.entries(saved?.columns ?? {})) gathered.set(name, Array.from(column));
  let next = saved?.next ?? { pass: 0, place: 0 };
  const state = (isDone: boolean) => () => ({ isDone, next, rows, columns: Object.fromEntries(gathered) });
  if (rows.length > 0) options.onBatch(rows.length);
  if (saved?.isDone !== true) {
    for await (const batch of source.pass(options.rows, next)) {
      options.signal.throwIfAborted();
      const measured = tf.tidy(() => measure(batch));
      for (const [name, tensor] of Object.entries(measured) as [Name, tf.Tensor1D][]) {
        const numbers = await tensor.data();
        const column = gathered.get(name) ?? [];
        column.push(...numbers);
        gathered.set(name, column);
      }
      tf.dispose(measured);
      rows.push(...batch.rows);
      next = batch.next ?? next;
      options.onBatch(rows.length);
      await source.log?.save(state(false));
    }
    await source.log?.save(state(true));
  }
  const columns = Object.fromEntries(
    [...gathered].map(([name, column]) => [name, Float32Array.from(column)]),
  );
  return { rows, columns: columns as Record<Name, Float32Array> };
}

/** Cosine of image and caption, `[batch]`, in [-1, 1]. */
export function batchCosines(model: EmbeddingModel, batch: PairBatch): tf.Tensor1D {
  const { images, texts } = embedBatch(model, batch);
  return cosines(images, texts);
}
