import * as tf from '@tensorflow/tfjs-core';
import { createTokenizer, learnTokenizer, type ClipConfig } from '../src/index.js';

/** A tokenizer learnt from two captions. */
export const tokenizer = createTokenizer(learnTokenizer(['a photo of a cat', 'a dog'], { vocabSize: 520 }), {
  contextLength: 10,
});

/** The smallest CLIP that has every part. */
export const CONFIG: ClipConfig = {
  family: 'hugging-face',
  customText: false,
  embedDim: 8,
  logitScaleInit: 2.6592,
  vision: {
    kind: 'vit',
    imageSize: 8,
    patchSize: 4,
    width: 8,
    layers: 2,
    heads: 2,
    mlpWidth: 16,
    activation: 'quick_gelu',
    layerNormEps: 1e-5,
  },
  text: {
    contextLength: 10,
    vocabSize: tokenizer.vocabSize,
    width: 8,
    layers: 2,
    heads: 2,
    mlpWidth: 16,
    activation: 'quick_gelu',
    layerNormEps: 1e-5,
    pooling: 'first-eos',
    eosTokenId: tokenizer.endId,
  },
};

/** Random images of that model's size. */
export const pixels = (n: number, seed = 3): tf.Tensor4D =>
  tf.randomNormal([n, 8, 8, 3], 0, 1, 'float32', seed);

/** Captions as token ids. */
export const ids = (captions: string[], length = 10): tf.Tensor2D =>
  tf.tensor2d(tokenizer.encode(captions, length), [captions.length, length], 'int32');
