import {
  contrastiveLoss,
  cosines,
  embedCaptions,
  embedCaptionsInParts,
  embedPixels,
  embedPixelsInParts,
  imagesPerRun,
  logitScale,
  splitBatch,
  type BuildLoss,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import * as tf from '@tensorflow/tfjs-core';
import { embedBatch } from './embed-pairs.js';

/** One step's material. */
export interface OverfitStep {
  /** Pairs of S. */
  readonly weak: PairBatch;
  /** Other pairs. */
  readonly others: PairBatch;
  /** Cosine that the pairs of S are drawn to. */
  readonly target: number;
  /** Whether the text tower moves too. */
  readonly trainsCaptions: boolean;
}

/** Weight λ of the contrastive loss that holds the other pairs in place. */
const REST_WEIGHT = 1;

/**
 * `mean_S (target − cos)² + λ·L_CLIP(rest)` for one step.
 *
 * @param imagesAtOnce images to train on in one run, by the model's size unless told
 * @returns one loss for small models; for large ones several, whose sum it is, see {@link holdInParts}
 */
export async function overfitLosses(
  model: EmbeddingModel,
  step: OverfitStep,
  imagesAtOnce: number = imagesPerRun(model.clip.config),
): Promise<BuildLoss[]> {
  const { weak, others, target, trainsCaptions } = step;
  const most = Math.max(1, imagesAtOnce / (trainsCaptions ? 2 : 1));
  if (weak.size + others.size <= most) {
    return [() => tf.add(draw(model, weak, target), hold(model, others)) as tf.Scalar];
  }
  return [
    ...splitBatch(weak, most).map(
      (part) => () => tf.mul(draw(model, part, target), part.size / weak.size) as tf.Scalar,
    ),
    ...(await holdInParts(model, step, most)),
  ];
}

function draw(model: EmbeddingModel, weak: PairBatch, target: number): tf.Scalar {
  const { images, texts } = embedBatch(model, weak);
  return tf.mean(tf.square(tf.sub(target, cosines(images, texts))));
}

function hold(model: EmbeddingModel, others: PairBatch): tf.Scalar {
  const { images, texts } = embedBatch(model, others);
  return tf.mul(contrastiveLoss(images, texts, logitScale(model.clip)), REST_WEIGHT);
}

/**
 * The contrastive loss compares every pair with every other, so its parts are not independent. But it depends on the
 * weights through the embeddings only: its gradient at the embeddings is computed first, without the towers, and each
 * part then takes its rows of it through them (Gao et al. 2021, arXiv 2101.06983, §3). The sum of the parts has the
 * loss's value and the loss's gradient.
 */
async function holdInParts(
  model: EmbeddingModel,
  { others, trainsCaptions }: OverfitStep,
  most: number,
): Promise<BuildLoss[]> {
  const at = await lossAtEmbeddings(model, others);
  let from = 0;
  return splitBatch(others, most).map((part) => {
    const [first, share] = [from, part.size / others.size];
    from += part.size;
    return () => {
      const terms = [tf.scalar(at.loss * share), along(embedPixels(model, part.pixels), at.images, first)];
      if (trainsCaptions) terms.push(along(embedCaptions(model, part), at.texts, first));
      return tf.mul(tf.addN(terms), REST_WEIGHT) as tf.Scalar;
    };
  });
}

/** Embeddings `[n, d]` and the gradient of a loss at them, row-major. */
interface Slope {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
}

/** 0 at the embeddings themselves, with the slope's gradient; `embedded` are its rows from `first` on. */
function along(embedded: tf.Tensor2D, { values, gradient }: Slope, first: number): tf.Scalar {
  const [n, d] = embedded.shape;
  const rows = (all: Float32Array) => tf.tensor2d(all.subarray(first * d, (first + n) * d), [n, d]);
  return tf.sum(tf.mul(tf.sub(embedded, rows(values)), rows(gradient)));
}

async function lossAtEmbeddings(
  model: EmbeddingModel,
  others: PairBatch,
): Promise<{ readonly loss: number; readonly images: Slope; readonly texts: Slope }> {
  const images = await embedPixelsInParts(model, others);
  const texts = await embedCaptionsInParts(model, others);
  const { value, grads } = tf.tidy(() => {
    const scale = logitScale(model.clip);
    return tf.valueAndGrads((i: tf.Tensor, t: tf.Tensor) =>
      contrastiveLoss(i as tf.Tensor2D, t as tf.Tensor2D, scale),
    )([images, texts]);
  });
  const [ofImages, ofTexts] = grads as [tf.Tensor, tf.Tensor];
  const read = async (tensor: tf.Tensor) => (await tensor.data()) as Float32Array;
  const result = {
    loss: (await read(value))[0] as number,
    images: { values: await read(images), gradient: await read(ofImages) },
    texts: { values: await read(texts), gradient: await read(ofTexts) },
  };
  tf.dispose([images, texts, value, ...grads]);
  return result;
}
