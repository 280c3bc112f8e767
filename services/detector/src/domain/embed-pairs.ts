import {
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

/** Models by name, undefined where there is none. */
type NamedModels = Readonly<Record<string, EmbeddingModel | undefined>>;

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
 * Runs `measure` on every batch of one pass and gathers its results. The models are frozen for the pass: embedding is
 * all they do in it.
 *
 * @param models what `measure` embeds with, by name; they stay as they are
 * @param measure maps a batch to named tensors `[batch]`, with the models as they are to be used
 */
export async function measurePairs<Name extends string, Models extends NamedModels>(
  source: PairSource,
  models: Models,
  measure: (batch: PairBatch, models: Models) => Record<Name, tf.Tensor1D>,
  options: MeasureOptions,
): Promise<PairMeasurements<Name>> {
  const frozen = await freezeAll(models, options.precision);
  try {
    return await gather(source, (batch) => measure(batch, frozen), options);
  } finally {
    for (const model of Object.values(frozen)) if (model !== undefined) disposeClip(model.clip);
  }
}

async function freezeAll<Models extends NamedModels>(
  models: Models,
  precision: Precision | undefined,
): Promise<Models> {
  const frozen: [string, EmbeddingModel][] = [];
  for (const [name, model] of Object.entries(models)) {
    if (model === undefined) continue;
    frozen.push([name, { ...model, clip: await freezeClip(model.clip, precision) }]);
  }
  return Object.fromEntries(frozen) as Models;
}

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
