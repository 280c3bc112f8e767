import * as tf from '@tensorflow/tfjs-core';
import {
  clampLogitScale,
  contrastiveLoss,
  disposeGradients,
  embedImages,
  embedTexts,
  logitScale,
  lossGradients,
  normalisePixels,
  type AdamW,
  type Checkpoint,
  type PairBatch,
} from '@ubt/clip';

/**
 * One optimiser step on a batch.
 *
 * @returns the loss before the step
 */
export async function trainStep(
  { model, preprocess }: Checkpoint,
  variables: ReadonlyMap<string, tf.Variable>,
  optimizer: AdamW,
  batch: PairBatch,
  { learningRate, batchNorm }: { learningRate: number; batchNorm: 'train' | 'frozen' },
): Promise<number> {
  const found = lossGradients(() => {
    const pixels = normalisePixels(batch.pixels, preprocess);
    const tokens = tf.tensor2d(batch.tokens, [batch.size, batch.tokens.length / batch.size], 'int32');
    const images = embedImages(model, pixels, { batchNorm });
    return contrastiveLoss(images, embedTexts(model, tokens), logitScale(model));
  }, variables);
  optimizer.step(found.gradients, learningRate)?.dispose();
  clampLogitScale(model);
  try {
    // Reading the loss runs the whole step: forward, backward and update.
    return (await found.loss.data())[0]!;
  } finally {
    disposeGradients(found);
  }
}
