import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { disposeClip, loadCheckpoint, type Checkpoint } from '@ubt/clip';
import { openPairs, type PairManifest } from '@ubt/data';
import { startEngine, type Engine } from '@ubt/engine';
import { temporaryDirectory, TINY_MODELS, writeTinyData, type TemporaryDirectory } from '@ubt/test-kit';
import { evaluateRetrieval } from './index.js';
import { recallAt } from './recall-at.js';

async function* rowsOf(rows: number[][]) {
  yield* rows;
}

describe('recallAt', () => {
  const never = () => false;

  it('ranks each query’s own item among the wrong ones', async () => {
    const own = Array.from({ length: 12 }, (_, query) =>
      Array.from({ length: 12 }, (_, item) => (item === query ? 0.5 : item < query ? 0.9 : 0.1)),
    );
    const recall = await recallAt(rowsOf(own), 12, never);
    expect(recall).toEqual({ at1: 1 / 12, at5: 5 / 12, at10: 10 / 12 });
  });

  it('counts an equal wrong item as better, and any right item as a hit', async () => {
    const same = Array.from({ length: 20 }, () => Array<number>(20).fill(0.3));
    expect(await recallAt(rowsOf(same), 20, never)).toEqual({ at1: 0, at5: 0, at10: 0 });
    const pairs = await recallAt(
      rowsOf([
        [0.1, 0.9, 0.5],
        [0.9, 0.1, 0.5],
        [0, 0, NaN],
      ]),
      3,
      (a, b) => a + b === 1,
    );
    expect(pairs.at1).toBeCloseTo(2 / 3);
  });
});

describe('evaluateRetrieval', () => {
  let engine: Engine;
  let directory: TemporaryDirectory;
  let checkpoint: Checkpoint;
  let manifest: PairManifest;
  beforeAll(async () => {
    engine = await startEngine({ threads: 1 });
    directory = await temporaryDirectory();
    const data = await writeTinyData(directory.path, { pairs: 120 });
    manifest = await openPairs(data.pairs);
    checkpoint = await loadCheckpoint(TINY_MODELS.clean);
  });
  afterAll(async () => {
    disposeClip(checkpoint.model);
    await directory.remove();
    await engine.dispose();
  });

  it('finds that a trained model matches pairs, both ways, without leaving a tensor behind', async () => {
    const before = tf.memory().numTensors;
    const result = await evaluateRetrieval(checkpoint, manifest, { batchSize: 50 });
    expect(tf.memory().numTensors).toBe(before);
    expect(result.counts).toEqual({ pairs: 120, undecodable: 0 });
    for (const { at1, at5, at10 } of [result.imageToText, result.textToImage]) {
      expect(at1).toBeGreaterThan(0.2);
      expect(at5).toBeGreaterThanOrEqual(at1);
      expect(at10).toBeGreaterThanOrEqual(at5);
    }
  });

  it('thins out what is too much, and asks for two pairs', async () => {
    const thin = await evaluateRetrieval(checkpoint, manifest, { mostPairs: 10, batchSize: 4 });
    expect(thin.counts.pairs).toBe(10);
    await expect(evaluateRetrieval(checkpoint, manifest, { mostPairs: 1 })).rejects.toMatchObject({
      code: 'RETRIEVAL_TOO_FEW_PAIRS',
    });
  });
});
