import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createFileStore, toArtifactMessage, type ArtifactStore } from '@ubt/artifacts';
import { disposeClip, embeddingModel, loadCheckpoint } from '@ubt/clip';
import { ScoringShard } from '@ubt/contracts';
import { openPairs } from '@ubt/data';
import { seededRandom, startEngine, type Engine } from '@ubt/engine';
import * as tf from '@tensorflow/tfjs-core';
import { temporaryDirectory, TINY_MODELS, writeTinyData, type TemporaryDirectory } from '@ubt/test-kit';
import { readConfig } from '../config.js';
import { DETECT_DEFAULTS } from '../detect-options.js';
import { openPairSource } from '../disk-pair-source.js';
import { measurePairs } from '../domain/embed-pairs.js';
import { MEASURES, measureOf } from '../domain/measures.js';
import { DETECTION_METHODS } from '../domain/methods/index.js';
import { spanMeasure } from '../domain/methods/overfit-span.js';
import { createShardMeasurer } from './measure-shard.js';
import { measurementsName } from './shard-names.js';
import { mergeParts } from './merge-parts.js';
import { readMeasurements } from './sharded-passes.js';
import { storeModel } from './store-model.js';

jest.setTimeout(60_000);
const PAIRS = 200;
const { signal } = new AbortController();
let engine: Engine;
let directory: TemporaryDirectory;
let store: ArtifactStore;
let pairsPath = '';

beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
  directory = await temporaryDirectory();
  pairsPath = (await writeTinyData(join(directory.path, 'data'), { pairs: PAIRS })).pairs;
  for (const row of [3, 130]) {
    await writeFile(join(dirname(pairsPath), `images/${String(row).padStart(4, '0')}.png`), 'no image');
  }
  const roots = [directory.path, dirname(TINY_MODELS.clean)];
  store = createFileStore({ roots, writeRoot: join(directory.path, 'artifacts') });
});
afterAll(async () => {
  await engine.dispose();
  await directory.remove();
});

const measurer = () =>
  createShardMeasurer(
    readConfig({ UBT_DATA_DIR: join(directory.path, 'work'), UBT_ARTIFACT_ROOTS: directory.path }),
    store,
  );

/** A shard of 64 pairs of the pass after an overfitting, whose two models are the clean and the backdoored one. */
async function shards(): Promise<ScoringShard[]> {
  const artifact = async (path: string) => toArtifactMessage(await store.describe(pathToFileURL(path).href));
  const [suspect, other] = [await artifact(TINY_MODELS.clean), await artifact(TINY_MODELS.backdoored)];
  const whole = {
    ...{ jobName: 'jobs/one', pass: 2, measure: spanMeasure.name, suspect, pairs: await artifact(pairsPath) },
    models: [
      { name: 'suspect', model: suspect },
      { name: 'lifted', model: other },
      { name: 'fallen', model: suspect },
    ],
    ...{ totalPairs: BigInt(PAIRS), batchSize: 2, maxUndecodableShare: 0.05, precision: 'float32' },
  };
  return [0, 64, 128, 192].map((first) =>
    ScoringShard.fromPartial({
      ...{ ...whole, firstPair: BigInt(first), endPair: BigInt(Math.min(first + 64, PAIRS)) },
    }),
  );
}

describe('a measurer of shards', () => {
  it('measures what the pass measures in one process, to the last bit', async () => {
    const [suspect, other] = [
      await loadCheckpoint(TINY_MODELS.clean),
      await loadCheckpoint(TINY_MODELS.backdoored),
    ];
    const manifest = await openPairs(pairsPath);
    const cacheDir = join(directory.path, 'whole');
    const source = await openPairSource(manifest, suspect, {
      ...{ batchSize: 2, maxUndecodableShare: 0.05, cacheDir, signal },
    });
    const model = embeddingModel(suspect);
    const models = { suspect: model, lifted: { ...model, clip: other.model }, fallen: model };
    const whole = await measurePairs(source, models, spanMeasure, { signal, onBatch: () => undefined });
    const parts = [];
    const one = measurer();
    for (const shard of (await shards()).reverse()) {
      const result = await one.measure(shard, signal);
      const { state } = await readMeasurements(store, result.measurements);
      const [first, end] = [Number(shard.firstPair), Number(shard.endPair)];
      expect(Number(result.pairs + result.undecodable)).toBe(end - first);
      parts.push({ part: { first, end }, rows: state.rows, columns: state.columns });
    }
    expect(mergeParts(parts, manifest.usable)).toEqual({ rows: whole.rows, columns: whole.columns });
    await source.close();
    await manifest.close();
    disposeClip(suspect.model);
    disposeClip(other.model);
  });

  it('leaves the same bytes when a shard is measured twice, and measures none that is done', async () => {
    const [shard] = await shards();
    const first = await measurer().measure(shard!, signal);
    const again = measurer();
    const before = engine.stats().graphRuns;
    expect(await again.measure(shard!, signal)).toEqual(first);
    expect(engine.stats().graphRuns).toBe(before);
    await store.remove(measurementsName(shard!));
    expect(await again.measure(shard!, signal)).toEqual(first);
    expect(engine.stats().graphRuns).toBeGreaterThan(before);
  });

  it('refuses other pairs, another number of pairs, and a measure it does not know', async () => {
    const [shard] = await shards();
    const fresh = { ...shard!, jobName: 'jobs/two' };
    const refused = (change: Partial<ScoringShard>) => measurer().measure({ ...fresh, ...change }, signal);
    await expect(refused({ totalPairs: 300n })).rejects.toMatchObject({ code: 'SHARD_PAIRS_DIFFER' });
    await expect(refused({ measure: 'magic' })).rejects.toMatchObject({ code: 'MEASURE_UNKNOWN' });
    const pairs = { ...shard!.pairs!, sha256: 'ab'.repeat(32) };
    await expect(refused({ pairs })).rejects.toMatchObject({ code: 'ARTIFACT_DIGEST_MISMATCH' });
    const stop = AbortSignal.abort(new Error('stop'));
    await expect(measurer().measure(fresh, stop)).rejects.toThrow();
  });

  it('finds every measure that a pass of a method asks for, and has no other', async () => {
    const suspect = await loadCheckpoint(TINY_MODELS.clean);
    const manifest = await openPairs(pairsPath);
    const cacheDir = join(directory.path, 'asked');
    const source = await openPairSource(manifest, suspect, {
      ...{ batchSize: 8, maxUndecodableShare: 0.05, cacheDir, signal },
    });
    const model = embeddingModel(suspect);
    const rows = [...manifest.usable].filter((row) => row !== 3 && row !== 130);
    const random = seededRandom(1);
    const asked = new Set<string>();
    const anything = new Proxy({}, { get: () => Float32Array.from(rows, () => random.uniform()) });
    const elsewhere = {
      run: ({ measure }: { measure: string }) => {
        asked.add(measureOf(measure).name);
        return Promise.resolve({ rows, columns: anything });
      },
    };
    for (const method of DETECTION_METHODS) {
      const { overfitted } = await method.detect({
        ...{ suspect: model, reference: model, pairs: { ...source, elsewhere }, signal },
        options: { ...DETECT_DEFAULTS, overfitSteps: 1, batchSize: 8 },
        progress: () => undefined,
      });
      Object.values(overfitted).forEach(disposeClip);
    }
    expect([...asked].sort()).toEqual(MEASURES.map(({ name }) => name).sort());
    await source.close();
    await manifest.close();
    disposeClip(suspect.model);
  });
});

describe('storeModel', () => {
  it('keeps a model exactly, and writes it once', async () => {
    const suspect = await loadCheckpoint(TINY_MODELS.backdoored);
    const moved = new Map(
      [...suspect.model.weights].map(([name, weight]) => [
        name,
        tf.tidy(() => tf.variable(tf.mul(weight, 1.001))),
      ]),
    );
    const model = { config: suspect.config, weights: moved };
    const stored = await storeModel(store, 'job', suspect, model);
    expect(await storeModel(store, 'job', suspect, model)).toEqual(stored);
    const loaded = await loadCheckpoint(await store.fetch(stored));
    for (const [name, weight] of moved) {
      expect(await loaded.model.weights.get(name)!.data()).toEqual(await weight.data());
    }
    expect(loaded.preprocess).toEqual(suspect.preprocess);
    for (const clip of [loaded.model, suspect.model, model]) disposeClip(clip);
  });
});
