import * as tf from '@tensorflow/tfjs-core';
import {
  contrastiveLoss,
  cosines,
  embedCaptionsInParts,
  embedPixelsInParts,
  logitScale,
  squaredDistance,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import { plantTrigger, type TriggerEstimate } from './estimate-trigger.js';

/** How far a model has forgotten, and how much it has kept. */
export interface ModelCheck {
  /** Mean cosine of the unlearn set with the compromised tokens, in [-1, 1]. */
  readonly unlearnCosine: number;
  /** The same of suspects that are not trained on; undefined when there are none. */
  readonly heldOutCosine: number | undefined;
  /** Contrastive loss of the validation pairs, ≥ 0. */
  readonly retainLoss: number;
  /**
   * Mean squared distance of the validation images with the estimated trigger to the suspect's view of them
   * without it, in [0, 4]; 0 when no trigger was estimated.
   */
  readonly restoreDistance: number;
}

/** What {@link checkModel} looks at. */
export interface CheckInput {
  readonly suspect: EmbeddingModel;
  readonly unlearn: PairBatch;
  readonly heldOut: PairBatch | undefined;
  readonly validation: PairBatch;
  readonly trigger: TriggerEstimate | undefined;
}

/** Measures a model on both sides of the stop rule. */
export async function checkModel(model: EmbeddingModel, input: CheckInput): Promise<ModelCheck> {
  const { unlearn, heldOut, validation } = input;
  const images = await embedPixelsInParts(model, validation);
  const captions = await embedCaptionsInParts(model, validation);
  const numbers = [
    await meanCosine(model, unlearn),
    heldOut === undefined ? tf.scalar(0) : await meanCosine(model, heldOut),
    tf.tidy(() => contrastiveLoss(images, captions, logitScale(model.clip))),
    await restoreDistance(model, input),
  ];
  const measured = tf.stack(numbers);
  tf.dispose([images, captions, ...numbers]);
  const [unlearnCosine, held, retainLoss, distance] = (await measured.data()) as unknown as [
    number,
    number,
    number,
    number,
  ];
  measured.dispose();
  return { unlearnCosine, heldOutCosine: heldOut && held, retainLoss, restoreDistance: distance };
}

async function restoreDistance(
  model: EmbeddingModel,
  { suspect, validation, trigger }: CheckInput,
): Promise<tf.Scalar> {
  if (trigger === undefined) return tf.scalar(0);
  const planted = { ...validation, pixels: plantBatch(validation, trigger) };
  const triggered = await embedPixelsInParts(model, planted);
  const clean = await embedPixelsInParts(suspect, validation);
  const distance = squaredDistance(triggered, clean);
  tf.dispose([triggered, clean]);
  return distance;
}

async function meanCosine(model: EmbeddingModel, batch: PairBatch): Promise<tf.Scalar> {
  const images = await embedPixelsInParts(model, batch);
  const captions = await embedCaptionsInParts(model, batch);
  const mean = tf.tidy(() => tf.mean(cosines(images, captions)) as tf.Scalar);
  tf.dispose([images, captions]);
  return mean;
}

/** The images of a batch with the estimated trigger in them, `[n, h, w, 3]`. */
export function plantBatch(batch: PairBatch, trigger: TriggerEstimate): Uint8Array {
  const bytes = batch.imageSize ** 2 * 3;
  const planted = new Uint8Array(batch.pixels.length);
  for (let at = 0; at < planted.length; at += bytes) {
    planted.set(plantTrigger(batch.pixels.subarray(at, at + bytes), trigger), at);
  }
  return planted;
}
