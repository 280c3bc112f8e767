import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { disposeGradients, embedCaptions, lossGradients, trainableVariables } from '@ubt/clip';
import { openTinyUnlearning, SETTINGS, type TinyUnlearning } from '../../test/tiny-unlearning.js';
import { plantBatch } from './check-model.js';
import { embeddingsOf } from './embed-by-row.js';
import { unlearnLosses, type UnlearnStep } from './unlearn-loss.js';

jest.setTimeout(60_000);
let tiny: TinyUnlearning;
let step: UnlearnStep;
beforeAll(async () => {
  tiny = await openTinyUnlearning();
  const { suspect, unlearn, teacher, retain, band } = tiny.input;
  const compromised = embedCaptions(suspect, unlearn);
  const batch = ((await retain.next()) as { value: UnlearnStep['retain'] }).value;
  const values = batch.imageSize ** 2 * 3;
  const scale = new Float32Array(values).fill(0.5);
  step = {
    ...{ suspect, unlearn, band, retain: batch },
    named: embeddingsOf(batch.rows, tiny.input.related, compromised.size / unlearn.size),
    teacher: (await teacher.data()) as Float32Array,
    compromised: (await compromised.data()) as Float32Array,
    planted: plantBatch(batch, { scale, offset: new Float32Array(values), coverage: 1 }),
  };
  compromised.dispose();
});
afterAll(() => tiny.close());

const NAME = 'visual_projection.weight';

/** Number of losses, their sum, and that of their gradients for one weight of the reference model. */
async function summed(material: UnlearnStep, most?: number) {
  const clip = tiny.reference.model;
  const model = { ...step.suspect, clip };
  const variables = trainableVariables(clip, (name) => name === NAME);
  const losses = unlearnLosses(model, material, SETTINGS.weights, most);
  let loss = 0;
  const gradient = new Float32Array(variables.get(NAME)!.size);
  for (const build of losses) {
    const own = lossGradients(build, variables);
    loss += (await own.loss.data())[0]!;
    (await own.gradients.get(NAME)!.data()).forEach((value, i) => (gradient[i]! += value));
    disposeGradients(own);
  }
  return { parts: losses.length, loss, gradient };
}

it.each([
  ['with the trigger planted', () => step],
  ['without a trigger', () => ({ ...step, planted: undefined })],
])('is the sum of its parts, gradients too, %s', async (_name, material) => {
  const whole = await summed(material());
  const parts = await summed(material(), 10);
  expect(whole.parts).toBe(1);
  expect(parts.parts).toBeGreaterThan(8);
  expect(parts.loss / whole.loss).toBeCloseTo(1, 5);
  const largest = Math.max(...whole.gradient.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  parts.gradient.forEach((value, i) => expect((value - whole.gradient[i]!) / largest).toBeCloseTo(0, 4));
});

it('upholds the target: what its own images are to stay lies nearer to its tokens, other images stay', async () => {
  const distilled = { forget: 0, distil: 1, restore: 0 };
  const clip = tiny.suspect.model;
  const lossOf = async (material: UnlearnStep, uphold: number) => {
    const [build] = unlearnLosses({ ...step.suspect, clip }, material, { ...distilled, uphold });
    const loss = tf.tidy(build!);
    const [value] = await loss.data();
    loss.dispose();
    return value!;
  };
  expect(tiny.input.related.size).toBeGreaterThan(2);
  // The suspect is where it is to stay, unless its target is moved.
  expect(await lossOf(step, 0)).toBeCloseTo(0, 8);
  expect(await lossOf(step, 0.1)).toBeGreaterThan(1e-5);
  const unrelated = { ...step, named: new Float32Array(step.named.length) };
  expect(await lossOf(unrelated, 0.1)).toBeCloseTo(0, 8);
});
