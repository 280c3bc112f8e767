import * as tf from '@tensorflow/tfjs-core';
import { cosines, embedPixels, squaredDistance, type EmbeddingModel, type PairBatch } from '@ubt/clip';
import type { SimilarityBand } from './similarity-band.js';

/** Weights of the parts of the loss. */
export interface LossWeights {
  /** Forgetting: the unlearn set against the compromised tokens. */
  readonly forget: number;
  /** Distance of the retain images' embeddings to those of the suspect. */
  readonly distil: number;
  /** Distance of triggered images' embeddings to a teacher that does not see the trigger. */
  readonly restore: number;
}

/** One step's material. */
export interface UnlearnStep {
  readonly suspect: EmbeddingModel;
  /** What the unlearn images show, `[n, d]`, unit-norm. */
  readonly teacher: tf.Tensor2D;
  readonly unlearn: PairBatch;
  /** The compromised tokens of the unlearn set, `[n, d]`, unit-norm, by the suspect. */
  readonly compromised: tf.Tensor2D;
  readonly retain: PairBatch;
  /** The retain images with the estimated trigger planted, `[n, h, w, 3]`. */
  readonly planted: Uint8Array | undefined;
  readonly band: SimilarityBand;
}

/**
 * The loss of one step; captions are embedded once, for the text tower stays as it is:
 *
 * - forget: `mean (I·T_local − m)²`, `m` the mean cosine of unrelated pairs (arXiv 2409.19526, reconstructed);
 * - distil: `mean ‖I − I_suspect‖²` of the retain images, which keeps more of the model than a contrastive loss of
 *   the retain pairs does;
 * - restore: `mean ‖I(x) − teacher‖²` on the unlearn images, and `mean ‖I(x + trigger) − I_suspect(x)‖²` on
 *   retain images with the estimated trigger, so that triggered images are again seen as what they show.
 */
export function unlearnLoss(model: EmbeddingModel, step: UnlearnStep, weights: LossWeights): tf.Scalar {
  const { suspect, teacher, unlearn, compromised, retain, planted, band } = step;
  const unlearnImages = embedPixels(model, unlearn.pixels);
  const forget = tf.mean(tf.square(tf.sub(cosines(unlearnImages, compromised), band.mean)));
  const retained = embedPixels(suspect, retain.pixels);
  const distil = squaredDistance(embedPixels(model, retain.pixels), retained);
  const restored = [squaredDistance(unlearnImages, teacher)];
  if (planted !== undefined) restored.push(squaredDistance(embedPixels(model, planted), retained));
  const parts: [number, tf.Tensor][] = [
    [weights.forget, forget],
    [weights.distil, distil],
    ...restored.map((part): [number, tf.Tensor] => [weights.restore, part]),
  ];
  return tf.addN(parts.map(([weight, part]) => tf.mul(part, weight))) as tf.Scalar;
}
