import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { defaultPreprocess, normalisePixels, parseHfPreprocess, parseOpenClipPreprocess } from '../index.js';
import { toHfPreprocess, toOpenClipPreprocess } from './preprocess.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
});
afterAll(() => engine.dispose());

describe('parseHfPreprocess', () => {
  it.each([
    [
      'sizes as objects',
      { size: { shortest_edge: 256 }, crop_size: { height: 224, width: 224 }, resample: 2 },
      { resizeMode: 'shortest', size: 256, cropSize: 224, interpolation: 'bilinear' },
    ],
    [
      'sizes as numbers',
      { size: 224, crop_size: 224 },
      { resizeMode: 'shortest', size: 224, cropSize: 224, interpolation: 'bicubic' },
    ],
    [
      'a height and a width',
      { size: { height: 224, width: 224 }, do_center_crop: false },
      { resizeMode: 'squash', size: 224, cropSize: 224 },
    ],
    [
      'the newer nesting',
      { image_processor: { size: { shortest_edge: 224 } } },
      { resizeMode: 'shortest', size: 224 },
    ],
    ['no normalisation', { do_normalize: false }, { mean: [0, 0, 0], std: [1, 1, 1] }],
  ])('understands %s', (_, json, expected) => {
    expect(parseHfPreprocess(json, 224)).toMatchObject(expected);
  });

  it.each([
    ['a deviation of zero', 'MODEL_CONFIG_INVALID', { image_std: [0, 1, 1] }],
    ['two channels', 'MODEL_CONFIG_INVALID', { image_mean: [0, 1] }],
    ['a crop of another size than the model’s', 'MODEL_CONFIG_INVALID', { crop_size: 200 }],
    ['another rescale factor', 'MODEL_UNSUPPORTED', { rescale_factor: 1 }],
    ['an unknown filter', 'MODEL_UNSUPPORTED', { resample: 9 }],
    ['oblong images', 'MODEL_UNSUPPORTED', { size: { height: 224, width: 336 } }],
    ['images smaller than the crop', 'MODEL_UNSUPPORTED', { size: 200 }],
  ])('refuses %s', (_, code, json) => {
    expect(() => parseHfPreprocess(json, 224)).toThrow(expect.objectContaining({ code }));
  });
});

describe('parseOpenClipPreprocess', () => {
  it('fills in open_clip’s defaults', () => {
    expect(parseOpenClipPreprocess(undefined, 64)).toEqual(defaultPreprocess(64));
    expect(parseOpenClipPreprocess({ resize_mode: 'squash', interpolation: 'bilinear' }, 64)).toMatchObject({
      resizeMode: 'squash',
      interpolation: 'bilinear',
    });
  });

  it('refuses modes that it cannot do', () => {
    expect(() => parseOpenClipPreprocess({ resize_mode: 'longest' }, 64)).toThrow(
      expect.objectContaining({ code: 'MODEL_UNSUPPORTED' }),
    );
  });
});

it('writes what it reads', () => {
  const preprocess = { ...defaultPreprocess(32), size: 40, interpolation: 'bilinear' } as const;
  expect(parseHfPreprocess(toHfPreprocess(preprocess), 32)).toEqual(preprocess);
  const squashed = { ...defaultPreprocess(32), resizeMode: 'squash' } as const;
  expect(parseHfPreprocess(toHfPreprocess(squashed), 32)).toEqual(squashed);
  expect(parseOpenClipPreprocess(toOpenClipPreprocess(squashed), 32)).toEqual(squashed);
});

describe('normalisePixels', () => {
  it('gives (x/255 − mean)/std per channel, from bytes or a tensor', async () => {
    const preprocess = defaultPreprocess(1);
    const bytes = Uint8Array.of(0, 128, 255, 10, 20, 30);
    const tensor = tf.tensor4d([...bytes], [2, 1, 1, 3], 'int32');
    const [a, b] = [normalisePixels(bytes, preprocess), normalisePixels(tensor, preprocess)];
    const expected = [...bytes].map(
      (x, index) => (x / 255 - preprocess.mean[index % 3]!) / preprocess.std[index % 3]!,
    );
    (await a.data()).forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 5));
    expect([...(await b.data())]).toEqual([...(await a.data())]);
    expect(a.shape).toEqual([2, 1, 1, 3]);
    tf.dispose([tensor, a, b]);
  });
});
