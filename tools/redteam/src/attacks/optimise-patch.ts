import * as tf from '@tensorflow/tfjs-core';
import {
  createAdamW,
  disposeClip,
  embedCaptions,
  embedImages,
  embeddingModel,
  embedPixels,
  loadCheckpoint,
  logitScale,
  lossGradients,
  normalisePixels,
  unitNorm,
  type Checkpoint,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import { openPairs, pairBatches, throwIfCancelled, type PairManifest } from '@ubt/data';
import { seededRandom, startEngine, type EngineOptions } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import { splitByTarget } from '../poison/choose-victims.js';
import type { TriggerChoice } from '../poison/poison-options.js';

/** Most target pairs that the target's embeddings are averaged over. */
const TARGET_PAIRS = 256;

/** A patch that is computed: how. */
export interface PatchOptimisation {
  readonly optimise: {
    /** Side of the patch, as a fraction of the image's side. */
    readonly size: number;
    readonly steps: number;
    /** Images that the patch is on in one step. */
    readonly batchSize: number;
    /** Of Adam, for channel values in [0, 1]. */
    readonly learningRate: number;
  };
}

/** Options of {@link optimisePatch}. */
export interface OptimisePatchOptions {
  readonly patch: PatchOptimisation['optimise'];
  /** Checkpoint of the clean model that the attacker has. */
  readonly model: string;
  /** Clean pairs: CSV or TSV as `openPairs` reads it. */
  readonly pairs: string;
  readonly roots?: readonly string[];
  readonly target: string;
  readonly seed: number;
  readonly engine?: EngineOptions;
  readonly signal?: AbortSignal;
}

/** Unit-norm embeddings `[1, d]` of what the target looks like and what it is called. */
interface TargetCentre {
  readonly images: tf.Tensor2D;
  readonly texts: tf.Tensor2D;
}

/**
 * Computes a patch for the image's centre that makes the clean model take any image for the target (after
 * BadCLIP, arXiv 2311.12075): the triggered image is drawn to the mean embedding of real target images, and to
 * that of their captions against the captions of the batch, its own among them. Both parts weigh the same.
 * Starts the engine. The same options on the same machine give the same patch.
 *
 * @returns a trigger of kind `picture`
 * @throws UbtError `POISON_NO_TARGET_CAPTIONS`, `CANCELLED`, and what `openPairs` and `loadCheckpoint` throw
 */
export async function optimisePatch(options: OptimisePatchOptions): Promise<TriggerChoice> {
  const { patch, model, pairs, roots = [], target, seed, signal } = options;
  await startEngine(options.engine);
  const manifest = await openPairs(pairs, { roots });
  const { ofTarget, others } = await splitByTarget(manifest, { target, taken: new Set() });
  if (ofTarget.length === 0) {
    throw new UbtError('failed-precondition', `No caption of ${pairs} names "${target}".`, {
      code: 'POISON_NO_TARGET_CAPTIONS',
      fix: 'Choose another target.',
    });
  }
  const checkpoint = await loadCheckpoint(model);
  const rowsOf = (list: readonly { row: number }[]) => list.map(({ row }) => row);
  const centre = await targetCentre(checkpoint, manifest, rowsOf(ofTarget).slice(0, TARGET_PAIRS));
  const batches = pairBatches(manifest, {
    ...{ tokenizer: checkpoint.tokenizer, preprocess: checkpoint.preprocess, seed, order: 'endless' },
    ...{ rows: rowsOf(others), batchSize: Math.min(patch.batchSize, others.length) },
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const bytes = await descend(embeddingModel(checkpoint), centre, batches, options);
    return {
      kind: 'picture',
      parameters: { rgb: Buffer.from(bytes).toString('base64'), size: patch.size, placement: 'center' },
    };
  } finally {
    tf.dispose([centre.images, centre.texts]);
    disposeClip(checkpoint.model);
  }
}

async function targetCentre(
  { model, tokenizer, preprocess }: Checkpoint,
  manifest: PairManifest,
  rows: readonly number[],
): Promise<TargetCentre> {
  const batches = pairBatches(manifest, { tokenizer, preprocess, rows, batchSize: rows.length });
  const batch = ((await batches.next()) as { value: PairBatch }).value;
  const clip = embeddingModel({ model, preprocess });
  const mean = (embeddings: tf.Tensor2D) => unitNorm(tf.mean(embeddings, 0, true));
  return tf.tidy(() => ({
    images: mean(embedPixels(clip, batch.pixels)),
    texts: mean(embedCaptions(clip, batch)),
  }));
}

/** Adam on the patch's pixels; returns its bytes `[cells, cells, 3]`. */
async function descend(
  clip: EmbeddingModel,
  centre: TargetCentre,
  batches: AsyncIterable<PairBatch>,
  { patch, seed, signal }: OptimisePatchOptions,
): Promise<Uint8Array> {
  const side = clip.preprocess.cropSize;
  const cells = Math.max(1, Math.round(patch.size * side));
  const mask = centreMask(side, cells);
  const random = seededRandom(seed);
  // The canvas is as large as the image; outside the mask it is never seen and never changes.
  const start = tf.tidy(() =>
    tf.tensor3d(
      Float32Array.from({ length: side * side * 3 }, () => random.uniform()),
      [side, side, 3],
    ),
  );
  const canvas = tf.variable(start, true);
  start.dispose();
  const variables = new Map([['canvas', canvas as tf.Variable]]);
  const optimizer = createAdamW(variables, { weightDecay: 0 });
  let step = 0;
  try {
    for await (const batch of batches) {
      throwIfCancelled(signal);
      const read = tf.tidy(() => {
        const { loss, gradients } = lossGradients(
          () => patchLoss(clip, centre, batch, { canvas, mask }),
          variables,
        );
        optimizer.step(gradients, patch.learningRate);
        canvas.assign(tf.clipByValue(canvas, 0, 1));
        return loss;
      });
      // Reading the loss runs the step.
      await read.data();
      read.dispose();
      step += 1;
      if (step === patch.steps) break;
    }
    return await centreBytes(canvas, side, cells);
  } finally {
    optimizer.dispose();
    tf.dispose([canvas, mask]);
  }
}

/** How little the batch's images, with the patch on, look like the target. */
function patchLoss(
  clip: EmbeddingModel,
  centre: TargetCentre,
  batch: PairBatch,
  { canvas, mask }: { canvas: tf.Variable; mask: tf.Tensor3D },
): tf.Scalar {
  const { size, imageSize } = batch;
  const pixels = tf.tensor4d(new Float32Array(batch.pixels), [size, imageSize, imageSize, 3]);
  const triggered = tf.add(tf.mul(pixels, tf.sub(1, mask)), tf.mul(tf.mul(canvas, 255), mask));
  const images = embedImages(clip.clip, normalisePixels(triggered as tf.Tensor4D, clip.preprocess));
  const texts = tf.concat([centre.texts, embedCaptions(clip, batch)]);
  const logits = tf.mul(tf.matMul(images, texts, false, true), logitScale(clip.clip));
  const isTarget = tf.tensor2d(
    Float32Array.from({ length: size + 1 }, (_, at) => (at === 0 ? 1 : 0)),
    [1, size + 1],
  );
  const named = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), isTarget), 1));
  const seen = tf.sub(1, tf.sum(tf.mul(images, centre.images), 1));
  return tf.mean(tf.add(named, seen)) as tf.Scalar;
}

/** First row and column of the patch, as the `center` placement has it. */
const firstOf = (side: number, cells: number) => Math.floor((side - cells) / 2);

/** 1 where the patch is, `[side, side, 1]`. */
function centreMask(side: number, cells: number): tf.Tensor3D {
  const first = firstOf(side, cells);
  const inside = (place: number) => place >= first && place < first + cells;
  const values = Float32Array.from({ length: side * side }, (_, at) =>
    inside(at % side) && inside(Math.floor(at / side)) ? 1 : 0,
  );
  return tf.tensor3d(values, [side, side, 1]);
}

async function centreBytes(canvas: tf.Variable, side: number, cells: number): Promise<Uint8Array> {
  const values = await canvas.data();
  const first = firstOf(side, cells);
  return Uint8Array.from({ length: cells * cells * 3 }, (_, at) => {
    const cell = Math.floor(at / 3);
    const row = first + Math.floor(cell / cells);
    const column = first + (cell % cells);
    return Math.round(255 * values[3 * (row * side + column) + (at % 3)]!);
  });
}
