import * as tf from '@tensorflow/tfjs-core';
import { splitBatch, type PairBatch } from '../pair-batch.js';
import { embedCaptions, embedPixels, type EmbeddingModel } from './embedding-model.js';
import { imagesPerRun } from './images-per-run.js';

type Images = Pick<PairBatch, 'pixels' | 'size'>;
type Captions = Pick<PairBatch, 'tokens' | 'size'>;

/**
 * As {@link embedPixels}, for batches of any size: a large model takes them in several runs.
 *
 * @param most images per run, by the model's size unless told: {@link imagesPerRun}
 * @returns `[n, d]`, unit-norm; the caller disposes it
 */
export function embedPixelsInParts(
  model: EmbeddingModel,
  images: Images,
  most: number = imagesPerRun(model.clip.config),
): Promise<tf.Tensor2D> {
  return inParts(splitBatch(images, most), ({ pixels }) => embedPixels(model, pixels));
}

/** As {@link embedCaptions}, likewise. */
export function embedCaptionsInParts(
  model: EmbeddingModel,
  captions: Captions,
  most: number = imagesPerRun(model.clip.config),
): Promise<tf.Tensor2D> {
  return inParts(splitBatch(captions, most), (part) => embedCaptions(model, part));
}

async function inParts<Part>(
  parts: readonly Part[],
  embed: (part: Part) => tf.Tensor2D,
): Promise<tf.Tensor2D> {
  const embedded: tf.Tensor2D[] = [];
  try {
    for (const part of parts) {
      embedded.push(embed(part));
      // A part that is read has been run, and the next one is a run of its own.
      if (parts.length > 1) await embedded.at(-1)!.data();
    }
    return embedded.length === 1 ? embedded.pop()! : tf.concat2d(embedded, 0);
  } finally {
    tf.dispose(embedded);
  }
}
