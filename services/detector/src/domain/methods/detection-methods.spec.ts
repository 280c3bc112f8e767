import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadCheckpoint, type EmbeddingModel, type PairBatch } from '@ubt/clip';
import { openPairs, type PairManifest } from '@ubt/data';
import { startEngine } from '@ubt/engine';
import {
  randomNumbers,
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import { openPairSource, type DiskPairSource } from '../../disk-pair-source.js';
import type { PairSource } from '../pair-source.js';
import { describeDetectionMethod, type DetectionBench } from './detection-method.contract.js';
import { DETECTION_METHODS, detectionMethod } from './index.js';
import { detectBySpan } from './overfit-span.js';

/** An image that cannot be decoded, and so is left out. */
const BROKEN = 10;
/** Rows whose images stand out in a crowd of like ones, for methods that look for outliers. */
const OUTLIERS = [20, 70, 150];
const options = {
  ...{ overfitSteps: 6, suspectFraction: 0.2, learningRate: 1e-3, batchSize: 64, seed: 3 },
  precision: 'float32',
} as const;

let directory: TemporaryDirectory;
let data: TinyData;
let manifest: PairManifest;
const sources: DiskPairSource[] = [];
let models: Record<'clean' | 'backdoored', Awaited<ReturnType<typeof loadCheckpoint>>>;

beforeAll(async () => {
  await startEngine({ threads: 2 });
  directory = await temporaryDirectory();
  data = await writeTinyData(directory.path, { pairs: 192, poisoned: 20, mislabelled: 12 });
  await writeFile(join(dirname(data.pairs), 'images/0010.png'), 'no image');
  manifest = await openPairs(data.pairs);
  models = {
    clean: await loadCheckpoint(TINY_MODELS.clean),
    backdoored: await loadCheckpoint(TINY_MODELS.backdoored),
  };
});
afterAll(async () => {
  await Promise.all(sources.map((source) => source.close()));
  await directory.remove();
});

/** What each method claims to find, on the model on which it does. */
const CLAIMS: Readonly<
  Record<string, { suspect: keyof typeof TINY_MODELS; planted: () => readonly number[] }>
> = {
  'overfit-span': { suspect: 'backdoored', planted: () => data.poisonedRows },
  'overfit-gain': { suspect: 'clean', planted: () => data.poisonedRows },
  similarity: { suspect: 'clean', planted: () => [...data.mislabelledRows, ...data.poisonedRows] },
  'reference-similarity': { suspect: 'backdoored', planted: () => data.poisonedRows },
  'k-distance': { suspect: 'clean', planted: () => OUTLIERS },
};

async function benchOf(name: string): Promise<DetectionBench> {
  const { suspect, planted } = CLAIMS[name]!;
  return {
    ...{ suspect: embeddingModel(suspect), reference: embeddingModel('clean'), options },
    open: (signal) => openTinyPairs(signal, name === 'k-distance'),
    readable: [...manifest.usable].filter((row) => row !== BROKEN),
    planted: planted(),
  };
}

function embeddingModel(name: keyof typeof models): EmbeddingModel {
  const { model, preprocess } = models[name];
  return { clip: model, preprocess };
}

async function openTinyPairs(signal: AbortSignal, asCrowd: boolean): Promise<PairSource> {
  const settings = {
    batchSize: options.batchSize,
    maxUndecodableShare: 0.05,
    cacheDir: directory.path,
    signal,
  };
  const source = await openPairSource(manifest, models.clean, settings);
  sources.push(source);
  if (!asCrowd) return source;
  return { ...source, pass: (rows) => crowd(source.pass(rows)) };
}

/** Every image but the outliers becomes the first one, give or take a little. */
async function* crowd(batches: AsyncIterable<PairBatch>): AsyncGenerator<PairBatch> {
  for await (const batch of batches) {
    const pixels = Uint8Array.from(batch.pixels);
    const bytes = pixels.length / batch.size;
    const alike = batch.pixels.subarray(0, bytes);
    batch.rows.forEach((row, i) => {
      const random = randomNumbers(row);
      if (OUTLIERS.includes(row)) return;
      pixels.set(
        alike.map((level) => Math.max(0, Math.min(255, level + 20 * (random() - 0.5)))),
        i * bytes,
      );
    });
    yield { ...batch, pixels };
  }
}

for (const method of DETECTION_METHODS) describeDetectionMethod(method, () => benchOf(method.name));

describe('overfit-gain', () => {
  it('chooses what it overfits by the reference model if there is one', async () => {
    const { signal } = new AbortController();
    const bench = await benchOf('overfit-gain');
    const detect = async (reference: EmbeddingModel | undefined) =>
      detectionMethod('overfit-gain').detect({
        ...{ suspect: embeddingModel('backdoored'), reference, options, signal },
        pairs: await bench.open(signal),
        progress: () => undefined,
      });
    const [alone, compared] = [await detect(undefined), await detect(embeddingModel('clean'))];
    expect(alone.signals.referenceSimilarity).toEqual(alone.signals.similarity);
    expect(compared.signals.referenceSimilarity).not.toEqual(compared.signals.similarity);
    expect(compared.signals.similarity).toEqual(alone.signals.similarity);
    expect(compared.scores).not.toEqual(alone.scores);
  });
});

describe('overfit-span', () => {
  it.each([
    ['of the unlikely pairs', 0, 1],
    ['of what moved in the first round', 1, 2],
    ['of what moved in the second', 2, 3],
    ['never', Infinity, 2],
  ])('has its last round where captions agree: %s', async (_when, agreesAfter, rounds) => {
    const { signal } = new AbortController();
    const bench = await benchOf('overfit-span');
    const agreed = (round: number) => new Set(round >= agreesAfter ? data.poisonedRows : []);
    let moves = 0;
    const phases: string[] = [];
    const { curve } = await detectBySpan(
      {
        ...{ suspect: bench.suspect, reference: undefined, signal, options: { ...options, overfitSteps: 1 } },
        pairs: await bench.open(signal),
        progress: (phase) => phases.push(phase),
      },
      { unlikely: () => agreed(0), moved: () => agreed((moves += 1)) },
    );
    const last = phases.filter((phase) => phase.startsWith('scoring after')).at(-1);
    expect(last).toBe(`scoring after overfitting, round ${rounds}`);
    expect(curve.map(({ step }) => step)).toEqual(Array.from({ length: 2 * rounds }, (_, i) => i + 1));
  });
});

describe('8-bit scoring', () => {
  it('scores nearly as float32 does, and no two pairs far apart change places', async () => {
    const { signal } = new AbortController();
    const bench = await benchOf('similarity');
    const detect = async (precision: 'float32' | 'int8') =>
      detectionMethod('similarity').detect({
        ...{ suspect: bench.suspect, reference: undefined, signal, options: { ...options, precision } },
        pairs: await bench.open(signal),
        progress: () => undefined,
      });
    const [exact, fast] = [await detect('float32'), await detect('int8')];
    const differences = fast.scores.map((score, i) => Math.abs(score - exact.scores[i]!));
    expect(Math.max(...differences)).toBeLessThan(0.03);
    expect(Math.max(...differences)).toBeGreaterThan(0);
  });
});

describe('detectionMethod', () => {
  it('names the methods there are when asked for another', () => {
    const names = DETECTION_METHODS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(CLAIMS).sort()).toEqual([...names].sort());
    expect(() => detectionMethod('guess')).toThrow(
      expect.objectContaining({
        code: 'DETECTION_METHOD_UNKNOWN',
        violations: [{ field: 'options.method', reason: expect.stringContaining(names.join(', ')) }],
      }),
    );
  });
});
