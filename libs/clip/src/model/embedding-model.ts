import * as tf from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../checkpoint/load-checkpoint.js';
import type { PairBatch } from '../pair-batch.js';
import { normalisePixels } from '../preprocess/normalise-pixels.js';
import type { Preprocess } from '../preprocess/preprocess.js';
import { captionTokens } from './caption-tokens.js';
import type { ClipModel } from './clip-model.js';
import { embedImages, embedTexts } from './encode.js';

/** A model together with how its images are prepared: what it takes to embed decoded, tokenised pairs. */
export interface EmbeddingModel {
  readonly clip: ClipModel;
  readonly preprocess: Preprocess;
}

/** The embedding part of a checkpoint; the model stays the checkpoint's. */
export const embeddingModel = ({
  model,
  preprocess,
}: Pick<Checkpoint, 'model' | 'preprocess'>): EmbeddingModel => ({
  clip: model,
  preprocess,
});

/** Unit-norm image embeddings `[n, d]` of RGB bytes `[n, h, w, 3]`. */
export function embedPixels({ clip, preprocess }: EmbeddingModel, pixels: Uint8Array): tf.Tensor2D {
  return tf.tidy(() => embedImages(clip, normalisePixels(pixels, preprocess)));
}

/** Unit-norm caption embeddings `[n, d]`. */
export function embedCaptions(
  { clip }: EmbeddingModel,
  { tokens, size }: Pick<PairBatch, 'tokens' | 'size'>,
): tf.Tensor2D {
  return tf.tidy(() => embedTexts(clip, captionTokens(clip.config.text, tokens, size)));
}
