import * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import type { ClipModel } from './clip-model.js';
import type { BatchNormMode } from './conv-norm.js';
import type { LayerObserver } from './layer-observer.js';
import { modifiedResNet } from './modified-resnet.js';
import { textTransformer } from './text-transformer.js';
import { unitNorm } from './unit-norm.js';
import { vit } from './vit.js';

/** How an image is encoded. */
export interface EncodeImageOptions {
  /** ModifiedResNet only; `frozen` unless said otherwise. */
  readonly batchNorm?: BatchNormMode;
  /** To compare layers, or to look into them. */
  readonly onLayer?: LayerObserver;
}

/**
 * Image embeddings before normalisation.
 *
 * @param pixels `[n, size, size, 3]`, normalised by the model's preprocessing
 * @returns `[n, embedDim]`
 * @throws UbtError `PIXELS_SHAPE` when the images are not of the model's size
 */
export function encodeImage(
  model: ClipModel,
  pixels: tf.Tensor4D,
  options: EncodeImageOptions = {},
): tf.Tensor2D {
  const { vision } = model.config;
  const [, height, width, channels] = pixels.shape;
  if (height !== vision.imageSize || width !== vision.imageSize || channels !== 3) {
    throw new UbtError(
      'invalid-argument',
      `The model takes images ${vision.imageSize}×${vision.imageSize}×3; these are ${height}×${width}×${channels}.`,
      { code: 'PIXELS_SHAPE', fix: "Prepare the images with the model's own preprocessing." },
    );
  }
  return tf.tidy(() =>
    vision.kind === 'vit'
      ? vit(model.weights, model.config, vision, pixels, options.onLayer)
      : modifiedResNet(model.weights, vision, pixels, options.batchNorm ?? 'frozen', options.onLayer),
  );
}

/**
 * Caption embeddings before normalisation. Nothing after a caption's end token is read, so a batch may be cut
 * to its longest caption.
 *
 * @param tokens int32 `[n, length]`, `length` at most the model's context
 * @returns `[n, embedDim]`
 * @throws UbtError `TOKENS_SHAPE` when the sequences are longer than the context
 */
export function encodeText(
  model: ClipModel,
  tokens: tf.Tensor2D,
  options: Pick<EncodeImageOptions, 'onLayer'> = {},
): tf.Tensor2D {
  const { contextLength } = model.config.text;
  if (tokens.shape[1] > contextLength || tokens.shape[1] < 1) {
    throw new UbtError(
      'invalid-argument',
      `The model takes 1 to ${contextLength} tokens per caption; these are ${tokens.shape[1]}.`,
      { code: 'TOKENS_SHAPE', fix: "Encode the captions with the model's own tokenizer." },
    );
  }
  return tf.tidy(() => textTransformer(model.weights, model.config, tokens, options.onLayer));
}

/** {@link encodeImage} with rows of unit length. */
export function embedImages(
  model: ClipModel,
  pixels: tf.Tensor4D,
  options?: EncodeImageOptions,
): tf.Tensor2D {
  return tf.tidy(() => unitNorm(encodeImage(model, pixels, options)));
}

/** {@link encodeText} with rows of unit length. */
export function embedTexts(model: ClipModel, tokens: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => unitNorm(encodeText(model, tokens)));
}
