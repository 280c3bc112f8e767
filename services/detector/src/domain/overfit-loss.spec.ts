import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  disposeClip,
  disposeGradients,
  embeddingModel,
  loadCheckpoint,
  lossGradients,
  trainableVariables,
  type Checkpoint,
  type PairBatch,
} from '@ubt/clip';
import { startEngine } from '@ubt/engine';
import { randomNumbers, TINY_MODELS } from '@ubt/test-kit';
import { overfitLosses } from './overfit-loss.js';

let suspect: Checkpoint;
beforeAll(async () => {
  await startEngine({ threads: 2 });
  suspect = await loadCheckpoint(TINY_MODELS.clean);
});
afterAll(() => disposeClip(suspect.model));

function pairs(size: number, seed: number): PairBatch {
  const { cropSize } = suspect.preprocess;
  const random = randomNumbers(seed);
  return {
    ...{ size, imageSize: cropSize, rows: Array.from({ length: size }, (_, i) => i) },
    pixels: Uint8Array.from({ length: size * cropSize ** 2 * 3 }, () => 256 * random()),
    tokens: suspect.tokenizer.encode(Array.from({ length: size }, (_, i) => `thing ${i}`)),
  };
}

/** Number of losses, their sum, and that of their gradients for the named weights. */
async function summed(names: readonly string[], trainsCaptions: boolean, most?: number) {
  const model = embeddingModel(suspect);
  const variables = trainableVariables(model.clip, (name) => names.includes(name));
  const material = { weak: pairs(7, 1), others: pairs(9, 2), target: 1, trainsCaptions };
  const losses = await overfitLosses(model, material, most);
  const gradients = names.map((name) => new Float32Array(variables.get(name)!.size));
  let loss = 0;
  for (const build of losses) {
    const part = lossGradients(build, variables);
    loss += (await part.loss.data())[0]!;
    for (const [at, name] of names.entries()) {
      (await part.gradients.get(name)!.data()).forEach((value, i) => (gradients[at]![i]! += value));
    }
    disposeGradients(part);
  }
  return { parts: losses.length, loss, gradients };
}

it.each([
  ['the image tower', ['visual_projection.weight'], false],
  ['both towers', ['visual_projection.weight', 'text_projection.weight'], true],
])('is the sum of its parts, gradients too, when it trains %s', async (_name, names, trainsCaptions) => {
  const whole = await summed(names, trainsCaptions);
  const parts = await summed(names, trainsCaptions, 4);
  expect(whole.parts).toBe(1);
  expect(parts.parts).toBe(trainsCaptions ? 9 : 5);
  expect(parts.loss / whole.loss).toBeCloseTo(1, 5);
  for (const [at, gradient] of whole.gradients.entries()) {
    const largest = Math.max(...gradient.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    parts.gradients[at]!.forEach((value, i) => expect((value - gradient[i]!) / largest).toBeCloseTo(0, 4));
  }
});
