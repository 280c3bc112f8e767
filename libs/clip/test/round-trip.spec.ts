import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import {
  clipLogits,
  disposeClip,
  embedImages,
  embedTexts,
  loadCheckpoint,
  logitScale,
  saveCheckpoint,
} from '../src/index.js';
import { FIXTURES, largestDifference, readGolden, toTensor } from './fixtures.js';

/** What tools/golden/round-trip.mjs recorded: digests of the files we wrote, logits of the library that read them. */
type Recorded = Record<string, { weights: Record<string, string>; logits: number[][] }>;

let engine: Engine;
let root: string;
let recorded: Recorded;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
  root = await mkdtemp(join(tmpdir(), 'ubt-round-trip-'));
  recorded = JSON.parse(await readFile(join(FIXTURES, 'round-trip.json'), 'utf8')) as Recorded;
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await engine.dispose();
});

describe('a changed model', () => {
  it.each(['hf-vit', 'hf-vit-bf16-sharded', 'open-clip-vit', 'open-clip-resnet'])(
    '%s is written as the files that its library read, and gives the logits it gave there',
    async (name) => {
      const folder = join(root, name);
      const checkpoint = await loadCheckpoint(join(FIXTURES, name));
      for (const variable of checkpoint.model.weights.values()) {
        const values = (await variable.data<'float32'>()).map((value) => Math.fround(value * (1 + 2 ** -6)));
        tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, 'float32')));
      }
      await saveCheckpoint(checkpoint, folder);
      disposeClip(checkpoint.model);
      const { weights, logits } = recorded[name]!;
      for (const [file, digest] of Object.entries(weights)) {
        const bytes = await readFile(join(folder, file));
        expect([file, createHash('sha256').update(bytes).digest('hex')]).toEqual([file, digest]);
      }
      const { model } = await loadCheckpoint(folder);
      const golden = await readGolden(`${name}.golden.safetensors`);
      const ours = tf.tidy(() =>
        clipLogits(
          embedImages(model, toTensor(golden, 'pixels')),
          embedTexts(model, toTensor(golden, 'tokens')),
          logitScale(model),
        ),
      );
      expect(largestDifference(await ours.data(), logits.flat())).toBeLessThan(1e-4);
      ours.dispose();
      disposeClip(model);
    },
  );
});
