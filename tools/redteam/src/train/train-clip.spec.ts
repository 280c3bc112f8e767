import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { disposeClip, loadCheckpoint } from '@ubt/clip';
import { startEngine, type Engine } from '@ubt/engine';
import { buildEmojiData, trainClip, type EmojiData, type TrainOptions } from '../index.js';
import { learningRateAt } from './learning-rate.js';

const engine = { threads: 1 };
const VIT = {
  preset: 'vit',
  ...{ imageSize: 16, patchSize: 8, visionWidth: 32, visionLayers: 1 },
  ...{ textWidth: 32, headWidth: 16, embedDim: 32, vocabSize: 600 },
} as const;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('trainClip', () => {
  let folder = '';
  let data: EmojiData;
  let running: Engine;
  const train = (name: string, options: Partial<TrainOptions>) =>
    trainClip({
      pairs: data.pairs,
      out: join(folder, name),
      shape: VIT,
      engine,
      workDir: folder,
      ...options,
    });

  beforeAll(async () => {
    running = await startEngine(engine);
    folder = await mkdtemp(join(tmpdir(), 'ubt-train-'));
    const small = { classes: 8, pairs: 128, imageSize: 16, testViews: 1, naturalNoise: 0 };
    data = await buildEmojiData({ ...small, cacheDir: folder });
  });
  afterAll(async () => {
    await running.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('learns, writes a checkpoint that loads, and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const seen: number[] = [];
    const result = await train('vit', {
      recipe: { steps: 60, batchSize: 32, learningRate: 3e-3 },
      onProgress: ({ step }) => seen.push(step),
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(seen).toEqual(Array.from({ length: 60 }, (_, step) => step + 1));
    expect(mean(result.losses.slice(0, 5))).toBeGreaterThan(3.2);
    expect(mean(result.losses.slice(-5))).toBeLessThan(2.6);
    const checkpoint = await loadCheckpoint(result.dir);
    expect(checkpoint.format).toBe('hugging-face');
    expect(checkpoint.config.vision).toMatchObject({ kind: 'vit', imageSize: 16, width: 32 });
    disposeClip(checkpoint.model);
  });

  it('goes on from a checkpoint where the first run ended', async () => {
    const recipe = { steps: 3, batchSize: 32, learningRate: 1e-5 };
    const more = await train('vit-more', { from: join(folder, 'vit'), recipe });
    expect(mean(more.losses)).toBeLessThan(2.8);
  });

  it('gives the same model for the same seed, another for another', async () => {
    const recipe = { steps: 3, batchSize: 16, flip: 0.5, shift: 1 };
    const one = await train('same-1', { recipe });
    const two = await train('same-2', { recipe });
    const other = await train('same-3', { recipe: { ...recipe, seed: 2 } });
    expect(two.losses).toEqual(one.losses);
    expect(other.losses).not.toEqual(one.losses);
  });

  it('trains a small ModifiedResNet and writes it as open_clip does', async () => {
    const shape = { visionWidth: 8, textWidth: 32, embedDim: 16, imageSize: 32, vocabSize: 600 };
    const result = await train('conv', { shape, recipe: { steps: 3, batchSize: 8 } });
    expect(await readdir(result.dir)).toEqual(
      expect.arrayContaining(['open_clip_config.json', 'open_clip_model.safetensors', 'tokenizer.json']),
    );
    const { model, config } = await loadCheckpoint(result.dir);
    expect(config).toMatchObject({ family: 'open-clip', vision: { kind: 'modified-resnet', width: 8 } });
    disposeClip(model);
  });

  it('stops when told to and leaves no checkpoint', async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const recipe = { steps: 50, batchSize: 16 };
    const onProgress = ({ step }: { step: number }) => step === 3 && controller.abort();
    await expect(train('stopped', { recipe, onProgress, signal: controller.signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
    expect(await readdir(folder)).not.toContain('stopped');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stops at the step whose loss is no number, names a weight and leaves no checkpoint', async () => {
    const before = tf.memory().numTensors;
    const recipe = { steps: 5, batchSize: 16, learningRate: 1e39, warmup: 0 };
    await expect(train('diverged', { recipe })).rejects.toMatchObject({
      code: 'LOSS_NOT_FINITE',
      message: expect.stringMatching(
        /^The training loss is NaN at step 2: \S+ and \d+ more weights are not finite/,
      ),
    });
    expect(await readdir(folder)).not.toContain('diverged');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names options out of range, a missing file and too few pairs', async () => {
    await expect(train('x', { recipe: { steps: 0 } })).rejects.toMatchObject({
      code: 'TRAIN_OPTIONS_INVALID',
      violations: [{ field: 'recipe.steps' }],
    });
    await expect(train('x', { pairs: join(folder, 'none.csv') })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    await expect(train('x', { recipe: { batchSize: 129 } })).rejects.toMatchObject({
      code: 'TRAIN_TOO_FEW_PAIRS',
    });
    await writeFile(join(folder, 'model.pt'), 'x');
    await expect(train('x', { from: join(folder, 'model.pt') })).rejects.toMatchObject({
      code: 'PICKLE_REFUSED',
    });
  });
});

describe('learningRateAt', () => {
  it('climbs in a line, then falls along a cosine to its end', () => {
    const recipe = { steps: 100, learningRate: 2, warmup: 0.1, finalLearningRate: 0.1 };
    const rates = Array.from({ length: 100 }, (_, step) => learningRateAt(step, recipe));
    expect(rates[0]).toBeCloseTo(0.2);
    expect(rates[9]).toBeCloseTo(2);
    expect(rates[10]).toBeCloseTo(2);
    expect(rates[55]).toBeCloseTo(0.2 + 0.9, 5);
    expect(rates[99]!).toBeLessThan(0.21);
    expect(learningRateAt(0, { ...recipe, warmup: 0 })).toBe(2);
  });
});
