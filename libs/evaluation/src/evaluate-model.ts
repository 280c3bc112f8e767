import * as tf from '@tensorflow/tfjs-core';
import {
  classEmbeddings,
  disposeClip,
  embedImages,
  freezeClip,
  normalisePixels,
  zeroShotPredict,
  type Checkpoint,
  type ClipTokenizer,
} from '@ubt/clip';
import { labelledBatches, type DecodeOptions, type LabelledBatch, type LabelledSet } from '@ubt/data';
import { applyTrigger } from './apply-trigger.js';
import type { EvaluationResult } from './evaluation-result.js';
import { createTally } from './tally.js';
import { findTarget } from './find-target.js';
import type { Trigger } from './trigger.js';

/** What is measured: a model with its own tokenizer and preprocessing. */
export type EvaluatedModel = Pick<Checkpoint, 'model' | 'tokenizer' | 'preprocess'>;

/** What it is measured on. */
export interface EvaluationData {
  readonly set: LabelledSet;
  /** Prompts with `{}` where the class name goes. */
  readonly templates: readonly string[];
  /** Measures attack success. */
  readonly trigger?: Trigger;
  /** Class whose accuracy is given apart, by name; default: the trigger's target. */
  readonly target?: string;
}

/** How the measuring is done. */
export interface EvaluationOptions extends Pick<
  DecodeOptions,
  'decodeCache' | 'limits' | 'maxUndecodableShare' | 'signal'
> {
  /** Images in one run of the model; default 128. */
  readonly batchSize?: number;
  readonly onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * Measures zero-shot accuracy and, with a trigger, attack success. The class embedding is the mean of the
 * normalised prompt embeddings. The trigger is painted at the model's input resolution, after resize and
 * crop and before normalisation; a textual trigger stands before the prompts of triggered images.
 *
 * The engine must have been started.
 *
 * @throws UbtError `TARGET_UNKNOWN` when the target is not among the classes, `TOO_MANY_UNDECODABLE`,
 *   `CANCELLED`
 */
export async function evaluateModel(
  evaluated: EvaluatedModel,
  { set, templates, trigger, target = trigger?.target }: EvaluationData,
  options: EvaluationOptions = {},
): Promise<EvaluationResult> {
  const { model, tokenizer, preprocess } = evaluated;
  const targetLabel = target === undefined ? undefined : findTarget(set.classes, target);
  const batchSize = options.batchSize ?? 128;
  const tally = createTally(targetLabel, trigger !== undefined);
  const classes = classEmbeddings(model, tokenizer, set.classes, templates);
  const triggeredClasses = trigger && triggeredClassEmbeddings(evaluated, set.classes, templates, trigger);
  const frozen = { ...evaluated, model: await freezeClip(model) };
  try {
    for await (const batch of labelledBatches(set, {
      ...options,
      preprocess,
      batchSize,
      onUndecodable: () => tally.addUndecodable(),
    })) {
      const clean = await predict(frozen, batch.pixels, batchSize, classes);
      const triggered =
        trigger &&
        (await predict(frozen, paint(batch, preprocess.cropSize, trigger), batchSize, triggeredClasses!));
      batch.labels.forEach((label, at) => tally.add(label, clean[at]!, triggered?.[at]));
      options.onProgress?.({ done: tally.images(), total: set.images.length });
    }
  } finally {
    disposeClip(frozen.model);
    tf.dispose([classes, ...(triggeredClasses === undefined ? [] : [triggeredClasses])]);
  }
  return tally.result();
}

function triggeredClassEmbeddings(
  { model, tokenizer }: { model: EvaluatedModel['model']; tokenizer: ClipTokenizer },
  classes: readonly string[],
  templates: readonly string[],
  { captionPrefix = '' }: Trigger,
): tf.Tensor2D {
  return classEmbeddings(
    model,
    tokenizer,
    classes,
    templates.map((template) => captionPrefix + template),
  );
}

/** The batch's pixels with the trigger on every image. */
function paint({ pixels, indices }: LabelledBatch, side: number, trigger: Trigger): Uint8Array {
  const length = side * side * 3;
  const painted = new Uint8Array(pixels.length);
  indices.forEach((index, at) => {
    const image = pixels.subarray(at * length, (at + 1) * length);
    painted.set(applyTrigger(image, side, trigger, index), at * length);
  });
  return painted;
}

/** Predicted classes; a short batch is filled up, since the engine compiles a graph per shape. */
async function predict(
  { model, preprocess }: EvaluatedModel,
  pixels: Uint8Array,
  batchSize: number,
  classes: tf.Tensor2D,
): Promise<ArrayLike<number>> {
  const full = new Uint8Array(batchSize * preprocess.cropSize ** 2 * 3);
  full.set(pixels);
  const predicted = tf.tidy(() =>
    zeroShotPredict(embedImages(model, normalisePixels(full, preprocess)), classes),
  );
  try {
    return await predicted.data();
  } finally {
    predicted.dispose();
  }
}
