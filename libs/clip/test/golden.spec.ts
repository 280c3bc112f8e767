import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import {
  clipLogits,
  contrastiveLoss,
  createAdamW,
  disposeClip,
  disposeGradients,
  embedImages,
  embedTexts,
  encodeImage,
  encodeText,
  loadCheckpoint,
  logitScale,
  lossGradients,
  trainableVariables,
  type Checkpoint,
  type ClipModel,
} from '../src/index.js';
import {
  FIXTURES,
  largestDifference,
  readGolden,
  relativeError,
  toTensor,
  type GoldenTensor,
} from './fixtures.js';

const MODELS = ['hf-vit', 'hf-vit-bf16-sharded', 'open-clip-vit', 'open-clip-resnet'];

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
});
afterAll(() => engine.dispose());

describe.each(MODELS)('%s computes what its own library computes', (name) => {
  let checkpoint: Checkpoint;
  let golden: Map<string, GoldenTensor>;
  beforeAll(async () => {
    checkpoint = await loadCheckpoint(join(FIXTURES, name));
    golden = await readGolden(`${name}.golden.safetensors`);
  });
  afterAll(() => disposeClip(checkpoint.model));

  it('image and text embeddings, to 1e-4', async () => {
    const images = encodeImage(checkpoint.model, toTensor(golden, 'pixels'));
    const texts = encodeText(checkpoint.model, toTensor(golden, 'tokens'));
    expect(largestDifference(await images.data(), golden.get('images')!.values)).toBeLessThan(1e-4);
    expect(largestDifference(await texts.data(), golden.get('texts')!.values)).toBeLessThan(1e-4);
    tf.dispose([images, texts]);
  });

  it('logits and contrastive loss, to 1e-4', async () => {
    const [images, texts, scale] = embedded(checkpoint.model, golden);
    const logits = clipLogits(images, texts, scale);
    const loss = contrastiveLoss(images, texts, scale);
    expect(largestDifference(await logits.data(), golden.get('logits')!.values)).toBeLessThan(1e-4);
    expect(largestDifference(await loss.data(), golden.get('loss')!.values)).toBeLessThan(1e-4);
    tf.dispose([images, texts, scale, logits, loss]);
  });

  it('the gradient of every parameter, to 1e-3 of its norm', async () => {
    const variables = trainableVariables(checkpoint.model);
    const result = lossGradients(() => contrastiveLoss(...embedded(checkpoint.model, golden)), variables);
    const expected = [...golden.keys()].filter((key) => key.startsWith('gradient:'));
    expect([...result.gradients.keys()].map((key) => `gradient:${key}`).sort()).toEqual(expected.sort());
    const errors: Record<string, number> = {};
    for (const [key, gradient] of result.gradients) {
      errors[key] = relativeError(await gradient.data(), golden.get(`gradient:${key}`)!.values);
    }
    expect(Object.entries(errors).filter(([, error]) => !(error < 1e-3))).toEqual([]);
    disposeGradients(result);
  });

  it('one AdamW step from the same gradients, to 1e-6', async () => {
    const { model } = await loadCheckpoint(join(FIXTURES, name));
    const variables = trainableVariables(model);
    const optimizer = createAdamW(variables);
    const before = new Map<string, Float32Array>();
    for (const [key, variable] of variables) before.set(key, (await variable.data<'float32'>()).slice());
    const gradients = new Map([...variables.keys()].map((key) => [key, toTensor(golden, `gradient:${key}`)]));
    optimizer.step(gradients, 1e-3);
    for (const [key, variable] of variables) {
      const after = await variable.data<'float32'>();
      const moved = after.map((value, index) => value - before.get(key)![index]!);
      expect([key, largestDifference(moved, golden.get(`step:${key}`)!.values) < 1e-6]).toEqual([key, true]);
    }
    tf.dispose([...gradients.values()]);
    optimizer.dispose();
    disposeClip(model);
  });

  it('without leaving a tensor behind', async () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      embedded(checkpoint.model, golden);
    });
    const result = lossGradients(
      () => contrastiveLoss(...embedded(checkpoint.model, golden)),
      trainableVariables(checkpoint.model),
    );
    await result.loss.data();
    disposeGradients(result);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a ModifiedResNet with batch statistics', () => {
  it('matches torch in embeddings, gradients and moved statistics', async () => {
    const { model } = await loadCheckpoint(join(FIXTURES, 'open-clip-resnet'));
    const inputs = await readGolden('open-clip-resnet.golden.safetensors');
    const golden = await readGolden('open-clip-resnet.train.safetensors');
    const pixels = toTensor<tf.Rank.R4>(inputs, 'pixels');
    const names = [...golden.keys()].filter((key) => key.startsWith('gradient:')).map((key) => key.slice(9));
    const variables = trainableVariables(model, (name) => names.includes(name));
    const result = lossGradients(
      () => tf.sum(tf.square(encodeImage(model, pixels, { batchNorm: 'train' }))) as tf.Scalar,
      variables,
    );
    for (const [name, gradient] of result.gradients) {
      const { values } = golden.get(`gradient:${name}`)!;
      // The loss is not a mean, so its rounding errors are larger.
      const error = relativeError(await gradient.data(), values, 1e-2);
      expect([name, error < 1e-3]).toEqual([name, true]);
    }
    expect(result.gradients.size).toBe(names.length);
    for (const [name, { values }] of golden) {
      if (!name.includes('running_')) continue;
      expect([name, largestDifference(await model.weights.get(name)!.data(), values) < 1e-4]).toEqual([
        name,
        true,
      ]);
    }
    disposeGradients(result);
    pixels.dispose();
    disposeClip(model);
  });
});

/** Unit-norm embeddings and the logit scale; the caller or an enclosing tidy frees them. */
function embedded(
  model: ClipModel,
  golden: ReadonlyMap<string, GoldenTensor>,
): [tf.Tensor2D, tf.Tensor2D, tf.Scalar] {
  return tf.tidy(() => [
    embedImages(model, toTensor(golden, 'pixels')),
    embedTexts(model, toTensor(golden, 'tokens')),
    logitScale(model),
  ]);
}
