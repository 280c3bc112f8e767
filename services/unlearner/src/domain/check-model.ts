import * as tf from '@tensorflow/tfjs-core';
import {
  contrastiveLoss,
  cosines,
  embedCaptions,
  embedPixels,
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
  const { unlearn, heldOut, validation, trigger, suspect } = input;
  const measured = tf.tidy(() => {
    const images = embedPixels(model, validation.pixels);
    const retain = contrastiveLoss(images, embedCaptions(model, validation), logitScale(model.clip));
    const restore =
      trigger === undefined
        ? tf.scalar(0)
        : squaredDistance(
            embedPixels(model, plantBatch(validation, trigger)),
            embedPixels(suspect, validation.pixels),
          );
    const held = heldOut === undefined ? tf.scalar(0) : meanCosine(model, heldOut);
    return tf.stack([meanCosine(model, unlearn), held, retain, restore]);
  });
  const [unlearnCosine, held, retainLoss, restoreDistance] = (await measured.data()) as unknown as [
    number,
    number,
    number,
    number,
  ];
  measured.dispose();
  return { unlearnCosine, heldOutCosine: heldOut && held, retainLoss, restoreDistance };
}

function meanCosine(model: EmbeddingModel, batch: PairBatch): tf.Scalar {
  return tf.mean(cosines(embedPixels(model, batch.pixels), embedCaptions(model, batch)));
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
