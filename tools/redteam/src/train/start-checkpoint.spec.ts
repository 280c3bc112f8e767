import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { disposeClip } from '@ubt/clip';
import type { PairManifest } from '@ubt/data';
import { startEngine, type Engine } from '@ubt/engine';
import { startCheckpoint } from './start-checkpoint.js';
import type { ModelShape } from './train-options.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

const SHAPE: Omit<ModelShape, 'preset'> = {
  ...{ imageSize: 32, patchSize: 16, visionWidth: 32, visionLayers: 1 },
  ...{ textWidth: 32, textLayers: 1, headWidth: 16, embedDim: 32, contextLength: 16, vocabSize: 600 },
};

const manifest = {
  async *rows() {
    yield { caption: 'cats &amp; dogs' };
  },
} as unknown as PairManifest;

it.each([
  ['conv', true],
  ['vit', false],
] as const)('cuts captions as the library does that a %s model belongs to', async (preset, mends) => {
  const { model, tokenizer } = await startCheckpoint(undefined, { ...SHAPE, preset }, manifest, 1);
  const [written, meant] = ['cats &amp; dogs', 'cats & dogs'].map((caption) => tokenizer.contentIds(caption));
  expect(JSON.stringify(written) === JSON.stringify(meant)).toBe(mends);
  disposeClip(model);
});
