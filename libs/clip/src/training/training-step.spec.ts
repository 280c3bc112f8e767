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
  type TrainingStep,
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

describe('trainingStep on several losses', () => {
  const options = { purpose: 'testing', learningRate: 1e-2 };
  const NAMES = [NAME, 'text_projection.weight'];

  /** Weights after two steps on the losses that `build` makes of two weights. */
  async function afterSteps(build: (a: tf.Tensor, b: tf.Tensor) => TrainingStep['loss']) {
    const own = createClip(CONFIG, 1);
    const variables = trainableVariables(own, (name) => NAMES.includes(name));
    const adamW = createAdamW(variables);
    const [a, b] = NAMES.map((name) => own.weights.get(name)!) as [tf.Variable, tf.Variable];
    const step = (number: number) =>
      trainingStep({
        ...{ ...options, step: number, model: own, variables, optimizer: adamW },
        loss: build(a, b),
      });
    const losses = [await step(1), await step(2)];
    const values = [await a.array(), await b.array()].flat(2) as number[];
    adamW.dispose();
    disposeClip(own);
    return { losses, values };
  }

  it('updates as on their sum, and leaves no tensors', async () => {
    const first = (a: tf.Tensor, b: tf.Tensor) => () => tf.sum(tf.mul(a, b)) as tf.Scalar;
    const second = (a: tf.Tensor) => () => tf.sum(tf.square(a)) as tf.Scalar;
    const before = tf.memory().numTensors;
    const parts = await afterSteps((a, b) => [second(a), first(a, b), second(b)]);
    const whole = await afterSteps((a, b) => () => tf.addN([first(a, b)(), second(a)(), second(b)()]));
    expect(tf.memory().numTensors).toBe(before);
    parts.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i]!, 5));
    expect(parts.values).toHaveLength(whole.values.length);
    parts.values.forEach((value, i) => expect(value).toBeCloseTo(whole.values[i]!, 5));
    disposeClip(model);
  });

  it('says so when a variable is in none of them', async () => {
    const before = tf.memory().numTensors;
    const variables = trainableVariables(model, (name) => NAMES.includes(name));
    optimizer = createAdamW(variables);
    const loss = (): tf.Scalar => tf.sum(tf.square(model.weights.get(NAME)!));
    const step = trainingStep({ ...options, step: 1, model, variables, optimizer, loss: [loss, loss] });
    await expect(step).rejects.toMatchObject({ code: 'GRADIENT_MISSING' });
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    disposeClip(model);
  });

  it('leaves the weights as they were when a loss is no number', async () => {
    const variables = trainableVariables(model, (name) => name === NAME);
    optimizer = createAdamW(variables);
    const weight = model.weights.get(NAME)!;
    const before = Float32Array.from(await weight.data());
    const fine = (): tf.Scalar => tf.sum(weight);
    const loss = [fine, (): tf.Scalar => tf.mul(tf.log(tf.mul(fine(), 0)), 0)];
    const step = trainingStep({ ...options, step: 1, model, variables, optimizer, loss });
    await expect(step).rejects.toMatchObject({ code: 'LOSS_NOT_FINITE' });
    expect(Float32Array.from(await weight.data())).toEqual(before);
    close();
  });
});
