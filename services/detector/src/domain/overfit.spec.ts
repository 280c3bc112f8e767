import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { disposeClip, embeddingModel, loadCheckpoint, type Checkpoint, type PairBatch } from '@ubt/clip';
import { startEngine } from '@ubt/engine';
import { randomNumbers, TINY_MODELS } from '@ubt/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { overfit, type OverfitOptions } from './overfit.js';

let suspect: Checkpoint;
beforeAll(async () => {
  await startEngine({ threads: 2 });
  suspect = await loadCheckpoint(TINY_MODELS.clean);
});
afterAll(() => disposeClip(suspect.model));

/** The same eight noisy pairs for ever. */
async function* pairs(): AsyncGenerator<PairBatch> {
  const { cropSize } = suspect.preprocess;
  const random = randomNumbers(5);
  const pixels = Uint8Array.from({ length: 8 * cropSize ** 2 * 3 }, () => 256 * random());
  const tokens = suspect.tokenizer.encode(Array.from({ length: 8 }, (_, i) => `thing ${i}`));
  const rows = Array.from({ length: 8 }, (_, i) => i);
  for (;;) yield { rows, pixels, tokens, size: 8, imageSize: cropSize };
}

const run = (changes: Partial<OverfitOptions>) =>
  overfit(embeddingModel(suspect), pairs(), pairs(), {
    ...{ steps: 3, learningRate: 1e-4, target: 1, onStep: () => undefined },
    signal: new AbortController().signal,
    ...changes,
  });

it('moves a copy and tells every loss', async () => {
  const losses: number[] = [];
  disposeClip(await run({ onStep: (_step, loss) => losses.push(loss) }));
  expect(losses).toHaveLength(3);
  expect(losses.every(Number.isFinite)).toBe(true);
});

it('stops at the step whose loss is no number, names a weight, and leaves no tensors', async () => {
  const tensors = tf.memory().numTensors;
  await expect(run({ learningRate: 1e38 })).rejects.toMatchObject({
    code: 'LOSS_NOT_FINITE',
    message: expect.stringMatching(/^The overfitting loss is NaN at step 2: .*\b(weight|proj|embedding)\b/),
  });
  expect(tf.memory().numTensors).toBe(tensors);
});

it('does not hand over a model that its last step has spoiled', async () => {
  const tensors = tf.memory().numTensors;
  const target = Infinity;
  await expect(run({ steps: 1, target })).rejects.toMatchObject({ code: 'LOSS_NOT_FINITE' });
  await expect(run({ steps: 1, learningRate: Infinity })).rejects.toMatchObject({
    code: 'WEIGHT_NOT_FINITE',
  });
  expect(tf.memory().numTensors).toBe(tensors);
});
