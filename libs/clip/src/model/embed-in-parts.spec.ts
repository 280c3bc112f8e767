import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { CONFIG } from '../../test/tiny-clip.js';
import {
  createClip,
  defaultPreprocess,
  disposeClip,
  embedCaptions,
  embedCaptionsInParts,
  embedPixels,
  embedPixelsInParts,
  imagesPerRun,
  splitBatch,
  type ClipConfig,
} from '../index.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

const side = CONFIG.vision.imageSize;
const length = CONFIG.text.contextLength;
const size = 5;
const batch = {
  size,
  rows: [10, 11, 12, 13, 14],
  pixels: Uint8Array.from({ length: size * side ** 2 * 3 }, (_, i) => (i * 7919) % 251),
  tokens: Int32Array.from({ length: size * length }, (_, i) => (i * 31) % (CONFIG.text.vocabSize - 1)),
};

it('embeds a batch in parts as it does at once, and leaves no tensors', async () => {
  const clip = createClip(CONFIG, 1);
  const model = { clip, preprocess: defaultPreprocess(side) };
  const tensors = tf.memory().numTensors;
  const parts = [await embedPixelsInParts(model, batch, 2), await embedCaptionsInParts(model, batch, 2)];
  const whole = [embedPixels(model, batch.pixels), embedCaptions(model, batch)];
  for (const [i, part] of parts.entries()) {
    expect(part.shape).toEqual(whole[i]!.shape);
    const expected = await whole[i]!.data();
    (await part.data()).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));
  }
  tf.dispose([...parts, ...whole]);
  expect(tf.memory().numTensors).toBe(tensors);
  disposeClip(clip);
});

it('splits a batch without losing a pair', () => {
  const parts = splitBatch(batch, 2);
  expect(parts.map((part) => part.size)).toEqual([2, 2, 1]);
  expect(parts.flatMap(({ rows }) => rows)).toEqual(batch.rows);
  expect(parts.flatMap(({ pixels }) => [...pixels])).toEqual([...batch.pixels]);
  expect(parts.flatMap(({ tokens }) => [...tokens])).toEqual([...batch.tokens]);
  expect(splitBatch(batch, size)).toEqual([batch]);
});

it('takes fewer images at once the larger the model is', () => {
  const vit = (
    imageSize: number,
    patchSize: number,
    width: number,
    layers: number,
  ): ClipConfig['vision'] => ({
    ...{ kind: 'vit', imageSize, patchSize, width, layers, heads: width / 64, mlpWidth: 4 * width },
    ...{ activation: 'quick_gelu', layerNormEps: 1e-5 },
  });
  const rn50: ClipConfig['vision'] = {
    ...{ kind: 'modified-resnet', imageSize: 224, layers: [3, 4, 6, 3], width: 64, heads: 32 },
  };
  const at = (vision: ClipConfig['vision']): number => imagesPerRun({ ...CONFIG, vision });
  expect([vit(32, 8, 64, 3), vit(224, 32, 768, 12), rn50, vit(224, 14, 1024, 24)].map(at)).toEqual([
    1024, 8, 4, 1,
  ]);
});
