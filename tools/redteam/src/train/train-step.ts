import type * as tf from '@tensorflow/tfjs-core';
import {
  captionTokens,
  clampLogitScale,
  contrastiveLoss,
  embedImages,
  embedTexts,
  logitScale,
  normalisePixels,
  trainingStep,
  type AdamW,
  type Checkpoint,
  type PairBatch,
} from '@ubt/clip';

/**
 * One optimiser step on a batch.
 *
 * @returns the loss before the step
 * @throws UbtError `LOSS_NOT_FINITE` naming the step and the tensor
 */
export function trainStep(
  { model, preprocess }: Checkpoint,
  variables: ReadonlyMap<string, tf.Variable>,
  optimizer: AdamW,
  batch: PairBatch,
  { step, learningRate, batchNorm }: { step: number; learningRate: number; batchNorm: 'train' | 'frozen' },
): Promise<number> {
  return trainingStep({
    ...{ step, purpose: 'training', model, variables, optimizer, learningRate },
    loss: () => {
      const pixels = normalisePixels(batch.pixels, preprocess);
      const tokens = captionTokens(model.config.text, batch.tokens, batch.size);
      const images = embedImages(model, pixels, { batchNorm });
      return contrastiveLoss(images, embedTexts(model, tokens), logitScale(model));
    },
    afterUpdate: () => clampLogitScale(model),
  });
}
