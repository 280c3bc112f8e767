import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { disposeClip, embedPixels, embeddingModel, loadCheckpoint, type Checkpoint } from '@ubt/clip';
import { startEngine, type Engine } from '@ubt/engine';
import { TINY_MODELS } from '@ubt/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { consultReference } from './consult-reference.js';

let engine: Engine;
let reference: Checkpoint;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
  reference = await loadCheckpoint(TINY_MODELS.clean);
});
afterAll(async () => {
  disposeClip(reference.model);
  await engine.dispose();
});

const SIZE = 3;
const images = () => {
  const { cropSize } = reference.preprocess;
  return { pixels: Uint8Array.from({ length: SIZE * cropSize ** 2 * 3 }, (_, at) => at % 251), size: SIZE };
};

it('gives what the reference sees, and frees its weights once it has been measured', async () => {
  const before = tf.memory().numTensors;
  const expected = embedPixels(embeddingModel(reference), images().pixels);
  const wanted = await expected.data();
  expected.dispose();
  let weightsWhileMeasured = 0;
  const { teacher, metrics } = await consultReference(TINY_MODELS.clean, images(), (model) => {
    weightsWhileMeasured = model.weights.size;
    return Promise.resolve(undefined);
  });
  expect(weightsWhileMeasured).toBe(reference.model.weights.size);
  expect(metrics).toBeUndefined();
  expect(tf.memory().numTensors).toBe(before + 1);
  const seen = await teacher.data();
  expect(Math.max(...seen.map((value, at) => Math.abs(value - wanted[at]!)))).toBeLessThan(1e-6);
  teacher.dispose();
});

it('leaves nothing behind when measuring fails', async () => {
  const before = tf.memory().numTensors;
  const consulted = consultReference(TINY_MODELS.clean, images(), () => Promise.reject(new Error('no disk')));
  await expect(consulted).rejects.toThrow('no disk');
  expect(tf.memory().numTensors).toBe(before);
});
