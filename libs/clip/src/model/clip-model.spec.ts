import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { largestDifference } from '../../test/fixtures.js';
import { CONFIG, ids, pixels } from '../../test/tiny-clip.js';
import {
  clipParameterCount,
  cloneClip,
  copyClipWeights,
  createClip,
  disposeClip,
  embedImages,
  encodeImage,
  encodeText,
  isNormalisation,
  parseHfConfig,
  parseOpenClipConfig,
  toHfConfig,
  toOpenClipConfig,
  trainableVariables,
  type ClipModel,
} from '../index.js';

let engine: Engine;
let model: ClipModel;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
  model = createClip(CONFIG, 1);
});
afterAll(async () => {
  disposeClip(model);
  await engine.dispose();
});

describe('createClip', () => {
  it('depends on the seed alone', async () => {
    const [same, other] = [createClip(CONFIG, 1), createClip(CONFIG, 2)];
    const name = 'visual_projection.weight';
    const values = await model.weights.get(name)!.data();
    expect([...(await same.weights.get(name)!.data())]).toEqual([...values]);
    expect([...(await other.weights.get(name)!.data())]).not.toEqual([...values]);
    disposeClip(same);
    disposeClip(other);
  });

  it('draws with the spread that transformers uses', async () => {
    const values = await model.weights.get('text_model.embeddings.token_embedding.weight')!.data<'float32'>();
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    expect(deviation).toBeCloseTo(0.02, 3);
  });

  it('has as many parameters as it says', () => {
    const counted = [...trainableVariables(model).values()].reduce((sum, { size }) => sum + size, 0);
    expect(counted).toBe(clipParameterCount(CONFIG));
  });

  it.each([
    ['ViT-B/32', { model_type: 'clip' }, 151_277_313],
    [
      'ViT-L/14',
      {
        model_type: 'clip',
        projection_dim: 768,
        text_config: { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12 },
        vision_config: {
          hidden_size: 1024,
          intermediate_size: 4096,
          num_hidden_layers: 24,
          num_attention_heads: 16,
          patch_size: 14,
        },
      },
      427_616_513,
    ],
  ])('knows the size of %s', (_, json, parameters) => {
    expect(clipParameterCount(parseHfConfig(json))).toBe(parameters);
  });

  it('knows the size of RN50', () => {
    const json = {
      embed_dim: 1024,
      vision_cfg: { image_size: 224, layers: [3, 4, 6, 3], width: 64, patch_size: null },
      text_cfg: { context_length: 77, vocab_size: 49408, width: 512, heads: 8, layers: 12 },
    };
    expect(clipParameterCount(parseOpenClipConfig(json))).toBe(102_007_137);
  });

  it('describes itself in both libraries’ terms', () => {
    expect(parseHfConfig(toHfConfig(CONFIG))).toEqual(CONFIG);
    const openClip = { ...CONFIG, family: 'open-clip', logitScaleInit: Math.log(1 / 0.07) } as const;
    expect(parseOpenClipConfig(toOpenClipConfig(openClip))).toEqual(openClip);
  });
});

describe('the names of an open_clip text tower', () => {
  it.each([
    [false, ''],
    [true, 'text.'],
  ])('with custom_text %p start with "%s"', (customText, prefix) => {
    const built = createClip({ ...CONFIG, family: 'open-clip', customText }, 1);
    const own = [
      'token_embedding.weight',
      'positional_embedding',
      'text_projection',
      'ln_final.bias',
      'transformer.resblocks.1.attn.in_proj_weight',
      'transformer.resblocks.1.mlp.c_proj.bias',
    ];
    expect(own.filter((name) => !built.weights.has(prefix + name))).toEqual([]);
    expect(built.weights.has('logit_scale') && built.weights.has('visual.ln_pre.weight')).toBe(true);
    disposeClip(built);
  });
});

describe('cloneClip', () => {
  it('makes a copy that trains alone and can be set back', async () => {
    const copy = cloneClip(model);
    const name = 'visual_projection.weight';
    const original = [...(await model.weights.get(name)!.data())];
    const variable = copy.weights.get(name)!;
    tf.tidy(() => variable.assign(tf.zerosLike(variable)));
    expect([...(await model.weights.get(name)!.data())]).toEqual(original);
    copyClipWeights(copy, model);
    expect([...(await variable.data())]).toEqual(original);
    disposeClip(copy);
    expect([...(await model.weights.get(name)!.data())]).toEqual(original);
  });
});

describe('encoding', () => {
  it('gives rows of unit length that the batch does not influence', async () => {
    const batch = pixels(3);
    const whole = embedImages(model, batch);
    const second = tf.tidy(() => embedImages(model, tf.slice(batch, [1, 0, 0, 0], [1, 8, 8, 3])));
    const norms = tf.tidy(() => tf.norm(whole, 2, 1));
    for (const norm of await norms.data()) expect(norm).toBeCloseTo(1, 5);
    const rows = await whole.data();
    expect(largestDifference(rows.slice(8, 16), await second.data())).toBeLessThan(1e-5);
    tf.dispose([batch, whole, second, norms]);
  });

  it('reads nothing behind the end token, so that captions may be cut', async () => {
    const captions = ['a cat', 'a dog'];
    const [long, short] = [ids(captions), ids(captions, 6)];
    const [a, b] = [encodeText(model, long), encodeText(model, short)];
    expect(largestDifference(await a.data(), await b.data())).toBeLessThan(1e-6);
    tf.dispose([long, short, a, b]);
  });

  it('refuses images and sequences of another size', () => {
    const [image, sequence] = [tf.zeros<tf.Rank.R4>([1, 9, 8, 3]), tf.zeros<tf.Rank.R2>([1, 11], 'int32')];
    expect(() => encodeImage(model, image)).toThrow(expect.objectContaining({ code: 'PIXELS_SHAPE' }));
    expect(() => encodeText(model, sequence)).toThrow(expect.objectContaining({ code: 'TOKENS_SHAPE' }));
    tf.dispose([image, sequence]);
  });
});

describe('trainableVariables', () => {
  it('can leave normalisation layers frozen', () => {
    const free = trainableVariables(model, (name) => !isNormalisation(name));
    expect([...free.keys()].filter((name) => name.includes('norm') || name.includes('layrnorm'))).toEqual([]);
    expect(free.has('vision_model.encoder.layers.0.mlp.fc1.bias')).toBe(true);
    expect(isNormalisation('visual.layer1.0.downsample.1.weight')).toBe(true);
    expect(isNormalisation('visual.layer1.0.downsample.0.weight')).toBe(false);
    expect(isNormalisation('transformer.resblocks.0.ln_1.bias')).toBe(true);
  });
});
