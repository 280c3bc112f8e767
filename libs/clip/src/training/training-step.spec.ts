import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { CONFIG } from '../../test/tiny-clip.js';
import {
  assertFiniteWeights,
  createAdamW,
  createClip,
  disposeClip,
  trainableVariables,
  trainingStep,
  type AdamW,
  type ClipModel,
} from '../index.js';

const NAME = 'visual_projection.weight';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

let model: ClipModel;
let optimizer: AdamW;
let tensors: number;
beforeEach(() => {
  tensors = tf.memory().numTensors;
  model = createClip(CONFIG, 1);
});

/** Everything but the model and the optimiser has to be gone. */
function close(): void {
  optimizer.dispose();
  disposeClip(model);
  expect(tf.memory().numTensors).toBe(tensors);
}

/** Steps on the sum of `loss` of one weight. */
function stepper(loss: (w: tf.Tensor) => tf.Tensor, learningRate = 1e-3) {
  const variables = trainableVariables(model, (name) => name === NAME);
  optimizer = createAdamW(variables);
  const shared = { purpose: 'testing', model, variables, optimizer, learningRate };
  return (step: number) =>
    trainingStep({ ...shared, step, loss: () => tf.sum(loss(model.weights.get(NAME)!)) });
}

describe('trainingStep', () => {
  it('gives the loss before the update, updates, and does it in one run', async () => {
    const step = stepper((w) => tf.square(w));
    const first = await step(1);
    const { graphRuns } = engine.stats();
    expect(await step(2)).toBeLessThan(first);
    expect(engine.stats().graphRuns).toBe(graphRuns + 1);
    close();
  });

  it('names the weight that a gradient spoiled, and the step, though the loss was a number then', async () => {
    // The square root's slope at 0 is infinite: the value is 0, the gradient NaN.
    const step = stepper((w) => tf.add(tf.square(w), tf.sqrt(tf.mul(w, 0))));
    expect(Number.isFinite(await step(1))).toBe(true);
    await expect(step(2)).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      message: `The testing loss is NaN at step 2: ${NAME} is not finite since the update of step 1.`,
      fix: expect.stringContaining('learning rate'),
    });
    close();
  });

  it('names the weight with the largest number when the weights were finite and the loss is not', async () => {
    tf.tidy(() => model.weights.get(NAME)!.assign(tf.fill([8, 8], 3e30)));
    const step = stepper((w) => tf.square(w));
    await expect(step(1)).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      message: `The testing loss is Infinity at step 1: all weights were finite before the step, the largest number 3.0e+30 in ${NAME}.`,
    });
    close();
  });
});

describe('assertFiniteWeights', () => {
  it('passes finite weights and names the others', async () => {
    const step = stepper((w) => tf.add(tf.square(w), tf.sqrt(tf.mul(w, 0))));
    await assertFiniteWeights(model, 'the test');
    await step(1);
    await expect(assertFiniteWeights(model, 'the test')).rejects.toMatchObject({
      code: 'WEIGHT_NOT_FINITE',
      message: `After the last step of the test, ${NAME} is not finite.`,
    });
    close();
  });
});
