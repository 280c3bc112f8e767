import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { disposeClip, loadCheckpoint } from '@ubt/clip';
import { readClassNames, readLabelledSet } from '@ubt/data';
import { startEngine, type Engine } from '@ubt/engine';
import { evaluateModel, parseTrigger, type TriggerInput } from '@ubt/evaluation';
import {
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import { optimisePatch } from '../index.js';

jest.setTimeout(600_000);

describe('optimisePatch', () => {
  let engine: Engine;
  let scratch: TemporaryDirectory;
  let data: TinyData;

  beforeAll(async () => {
    engine = await startEngine({ threads: 1 });
    scratch = await temporaryDirectory('ubt-patch-');
    data = await writeTinyData(join(scratch.path, 'data'), { mislabelled: 0, evaluationPerClass: 6 });
  });
  afterAll(async () => {
    await engine.dispose();
    await scratch.remove();
  });

  const optimise = (steps: number) =>
    optimisePatch({
      patch: { size: 0.25, steps, batchSize: 32, learningRate: 0.05 },
      ...{ model: TINY_MODELS.clean, pairs: data.pairs, target: 'banana', seed: 3, engine: { threads: 1 } },
    });

  /** How often the clean model takes triggered images for the target. */
  const success = async (trigger: Pick<TriggerInput, 'kind' | 'parameters'>) => {
    const checkpoint = await loadCheckpoint(TINY_MODELS.clean);
    const set = await readLabelledSet(data.evaluation, { classes: await readClassNames(data.classes) });
    const parsed = parseTrigger({ ...trigger, seed: 3, target: 'banana' });
    try {
      const templates = ['a photo of a {}'];
      return (await evaluateModel(checkpoint, { set, templates, trigger: parsed })).attackSuccessRate!;
    } finally {
      disposeClip(checkpoint.model);
    }
  };

  it('fools the clean model far more often than where it started from, and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    const [start, optimised] = [await optimise(1), await optimise(60)];
    expect(tf.memory().numTensors).toBe(before);
    const rates = [await success(start), await success(optimised)];
    expect(rates[1]! - rates[0]!).toBeGreaterThan(0.2);
  });

  it('says so when no caption names the target', async () => {
    const options = { model: TINY_MODELS.clean, pairs: data.pairs, seed: 3, target: 'zeppelin' };
    const patch = { size: 0.25, steps: 1, batchSize: 8, learningRate: 0.05 };
    await expect(optimisePatch({ ...options, patch, engine: { threads: 1 } })).rejects.toMatchObject({
      code: 'POISON_NO_TARGET_CAPTIONS',
    });
  });
});
