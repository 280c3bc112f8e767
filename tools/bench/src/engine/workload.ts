import * as tf from '@tensorflow/tfjs-core';
import {
  contrastiveLoss,
  createAdamW,
  createClip,
  embedImages,
  embedTexts,
  freezeClip,
  logitScale,
  trainableVariables,
  trainingStep,
} from '@ubt/clip';
import type { Job } from './sides.js';

/** Makes a job's model with random weights, and gives its step, which ends when a result was read. */
export async function openWorkload(job: Job): Promise<() => Promise<void>> {
  const { config, batch } = job;
  const size = config.vision.imageSize;
  const pixels = tf.randomNormal<tf.Rank.R4>([batch, size, size, 3], 0, 1, 'float32', 5);
  const { contextLength, vocabSize } = config.text;
  // The end token, the highest one, stands last: no side may cut the captions.
  const ids = Int32Array.from({ length: batch * contextLength }, (_, i) =>
    i % contextLength === contextLength - 1 ? vocabSize - 1 : 1 + ((i * 7919) % (vocabSize - 2)),
  );
  const tokens = tf.tensor2d(ids, [batch, contextLength], 'int32');
  return job.task.startsWith('train')
    ? trainingWorkload(job, pixels, tokens)
    : embedding(job, pixels, tokens);
}

async function embedding(job: Job, pixels: tf.Tensor4D, tokens: tf.Tensor2D): Promise<() => Promise<void>> {
  const clip = await freezeClip(createClip(job.config, 1), job.variant === 'int8' ? 'int8' : 'float32');
  return async () => {
    const embedded = job.task === 'embed-image' ? embedImages(clip, pixels) : embedTexts(clip, tokens);
    await embedded.data();
    embedded.dispose();
  };
}

function trainingWorkload(job: Job, pixels: tf.Tensor4D, tokens: tf.Tensor2D): () => Promise<void> {
  const model = createClip(job.config, 1);
  const imageOnly = job.task === 'train-image';
  const variables = trainableVariables(model, (name) => !imageOnly || /^(visual|vision)/.test(name));
  const optimizer = createAdamW(variables);
  const loss = (): tf.Scalar => {
    const images = embedImages(model, pixels, { batchNorm: job.batchNorm });
    if (imageOnly) return tf.mean(tf.square(tf.sub(1, images)));
    return contrastiveLoss(images, embedTexts(model, tokens), logitScale(model));
  };
  let step = 0;
  return async () => {
    step += 1;
    await trainingStep({ step, purpose: 'benchmark', model, variables, optimizer, learningRate: 1e-5, loss });
  };
}
