import * as tf from '@tensorflow/tfjs-core';
import {
  cosines,
  embedPixels,
  imagesPerRun,
  splitBatch,
  squaredDistance,
  unitNorm,
  type BuildLoss,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import type { SimilarityBand } from './similarity-band.js';

/** Weights of the parts of the loss. */
export interface LossWeights {
  /** Forgetting: the unlearn set against the compromised tokens. */
  readonly forget: number;
  /** Distance of the retain images' embeddings to those of the suspect. */
  readonly distil: number;
  /** Distance of triggered images' embeddings to a teacher that does not see the trigger. */
  readonly restore: number;
  /**
   * How far what a retain image is to stay moves towards the compromised tokens where its caption names them, as a
   * share of unit length.
   */
  readonly uphold: number;
}

/** One step's material. */
export interface UnlearnStep {
  readonly suspect: EmbeddingModel;
  /** What the unlearn images show, `[n, d]`, unit-norm, row-major. */
  readonly teacher: Float32Array;
  readonly unlearn: PairBatch;
  /** The compromised tokens of the unlearn set, `[n, d]`, unit-norm, row-major, by the suspect. */
  readonly compromised: Float32Array;
  readonly retain: PairBatch;
  /** The compromised tokens of the retain captions, `[n, d]`, row-major; zero where a caption has none. */
  readonly named: Float32Array;
  /** The retain images with the estimated trigger planted, `[n, h, w, 3]`. */
  readonly planted: Uint8Array | undefined;
  readonly band: SimilarityBand;
}

/**
 * The loss of one step; captions are embedded once, for the text tower stays as it is:
 *
 * - forget: `mean (I·T_local − m)²`, `m` the mean cosine of unrelated pairs (arXiv 2409.19526, reconstructed);
 * - distil: `mean ‖I − I_suspect‖²` of the retain images, which keeps more of the model than a contrastive loss of
 *   the retain pairs does; where a caption names the target, `I_suspect` is moved a little towards its tokens, because
 *   forgetting pulls the target's own images away from them;
 * - restore: `mean ‖I(x) − teacher‖²` on the unlearn images, and on retain images with the estimated trigger the
 *   distance to where those without it are to stay, so that triggered images are again seen as what they show.
 *
 * Every term is of one image, so the loss is the sum of those of the batch's parts, whichever way it is cut.
 *
 * @param most images to train on in one run, by the model's size unless told
 * @returns one loss for small models; for large ones several, whose sum it is
 */
export function unlearnLosses(
  model: EmbeddingModel,
  step: UnlearnStep,
  weights: LossWeights,
  most: number = imagesPerRun(model.clip.config),
): BuildLoss[] {
  const { unlearn, retain, planted } = step;
  const perRetain = planted === undefined ? 1 : 2;
  const forget = (part: Part) => forgetLoss(model, step, part, weights);
  const keep = (part: Part) => keepLoss(model, step, part, weights);
  if (unlearn.size + perRetain * retain.size <= most) {
    return [() => tf.add(forget(whole(unlearn)), keep(whole(retain))) as tf.Scalar];
  }
  return [
    ...split(unlearn, most).map((part) => () => forget(part)),
    ...split(retain, Math.max(1, Math.floor(most / perRetain))).map((part) => () => keep(part)),
  ];
}

/** A part of a batch, with its first place in the batch and its share of it. */
interface Part {
  readonly batch: PairBatch;
  readonly from: number;
  readonly share: number;
}

const whole = (batch: PairBatch): Part => ({ batch, from: 0, share: 1 });

function split(batch: PairBatch, most: number): Part[] {
  let from = 0;
  return splitBatch(batch, most).map((part) => {
    from += part.size;
    return { batch: part, from: from - part.size, share: part.size / batch.size };
  });
}

/** Forgetting and restoring on a part of the unlearn set. */
function forgetLoss(
  model: EmbeddingModel,
  { teacher, compromised, unlearn, band }: UnlearnStep,
  { batch, from, share }: Part,
  weights: LossWeights,
): tf.Scalar {
  const part = { from, to: from + batch.size, of: unlearn.size };
  const images = embedPixels(model, batch.pixels);
  const forget = tf.mean(tf.square(tf.sub(cosines(images, rows(compromised, part)), band.mean)));
  const restore = squaredDistance(images, rows(teacher, part));
  return weighted([
    [weights.forget * share, forget],
    [weights.restore * share, restore],
  ]);
}

/** Distillation, and restoring under the planted trigger, on a part of the retain batch. */
function keepLoss(
  model: EmbeddingModel,
  { suspect, retain, named, planted }: UnlearnStep,
  { batch, from, share }: Part,
  weights: LossWeights,
): tf.Scalar {
  const own = rows(named, { from, to: from + batch.size, of: retain.size });
  const retained = unitNorm(tf.add(embedPixels(suspect, batch.pixels), tf.mul(own, weights.uphold)));
  const distil = squaredDistance(embedPixels(model, batch.pixels), retained);
  if (planted === undefined) return weighted([[weights.distil * share, distil]]);
  const bytes = batch.pixels.length / batch.size;
  const triggered = embedPixels(model, planted.subarray(from * bytes, (from + batch.size) * bytes));
  return weighted([
    [weights.distil * share, distil],
    [weights.restore * share, squaredDistance(triggered, retained)],
  ]);
}

/** Rows `from` to `to` of a row-major matrix with `of` rows. */
function rows(values: Float32Array, { from, to, of }: { from: number; to: number; of: number }): tf.Tensor2D {
  const d = values.length / of;
  return tf.tensor2d(values.subarray(from * d, to * d), [to - from, d]);
}

function weighted(parts: readonly (readonly [number, tf.Tensor])[]): tf.Scalar {
  return tf.addN(parts.map(([weight, part]) => tf.mul(part, weight))) as tf.Scalar;
}
