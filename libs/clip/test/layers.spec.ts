import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { disposeClip, encodeImage, encodeText, loadCheckpoint, type LayerObserver } from '../src/index.js';
import { FIXTURES, largestDifference, readGolden, toTensor } from './fixtures.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
});
afterAll(() => engine.dispose());

it.each([
  ['hf-vit', 8],
  ['hf-vit-bf16-sharded', 8],
  ['open-clip-vit', 8],
  ['open-clip-resnet', 10],
])('every layer of %s gives what it gives in its own library, to 1e-4', async (name, layers) => {
  const { model } = await loadCheckpoint(join(FIXTURES, name));
  const golden = await readGolden(`${name}.golden.safetensors`);
  const expected = await readGolden(`${name}.layers.safetensors`);
  const before = tf.memory().numTensors;
  const seen = new Map<string, tf.Tensor>();
  const keep =
    (tower: string): LayerObserver =>
    (layer, activations) =>
      void seen.set(`${tower}.${layer}`, tf.keep(tf.clone(activations)));
  const samples = expected.get('text.embedded')!.shape[0]!;
  const inputs = <R extends tf.Rank>(of: string): tf.Tensor<R> =>
    tf.tidy(() => {
      const all = toTensor<R>(golden, of);
      return tf.slice(all, 0, samples);
    });
  const pixels = inputs<tf.Rank.R4>('pixels');
  const tokens = inputs<tf.Rank.R2>('tokens');
  const images = encodeImage(model, pixels, { onLayer: keep('image') });
  const texts = encodeText(model, tokens, { onLayer: keep('text') });

  expect([...seen.keys()].sort()).toEqual([...expected.keys()].sort());
  expect(seen.size).toBe(layers);
  const far: Record<string, number> = {};
  for (const [layer, activations] of seen) {
    const worst = largestDifference(await activations.data(), expected.get(layer)!.values);
    if (!(worst < 1e-4)) far[layer] = worst;
  }
  expect(far).toEqual({});
  tf.dispose([pixels, tokens, images, texts, ...seen.values()]);
  expect(tf.memory().numTensors).toBe(before);
  disposeClip(model);
});
