import { readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { loadCheckpoint, openCheckpoint } from '../index.js';
import { makeCheckpointFolder, type CheckpointFolder } from '../../test/checkpoint-folder.js';

let engine: Engine;
let folder: CheckpointFolder;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
});
afterAll(() => engine.dispose());
beforeEach(async () => {
  folder = await makeCheckpointFolder();
});
afterEach(() => folder.remove());

describe('a checkpoint is refused', () => {
  it.each<[string, string, () => Promise<unknown>]>([
    ['without a config', 'CHECKPOINT_MISSING', () => rm(join(folder.dir, 'config.json'))],
    ['with a config that is not JSON', 'JSON_INVALID', () => writeFile(join(folder.dir, 'config.json'), '{')],
    ['without weights', 'WEIGHTS_MISSING', () => rm(join(folder.dir, 'model.safetensors'))],
    [
      'with a pickle for weights',
      'PICKLE_REFUSED',
      () => rename(join(folder.dir, 'model.safetensors'), join(folder.dir, 'pytorch_model.bin')),
    ],
    [
      'with a truncated weight file',
      'SAFETENSORS_TRUNCATED',
      async () => {
        const bytes = await readFile(join(folder.dir, 'model.safetensors'));
        await writeFile(join(folder.dir, 'model.safetensors'), bytes.subarray(0, bytes.length - 100));
      },
    ],
    [
      'of another architecture',
      'MODEL_UNSUPPORTED',
      () => folder.edit('config.json', (json) => Object.assign(json, { model_type: 'siglip' })),
    ],
    [
      'with more layers in the config than in the weights',
      'WEIGHTS_MISMATCH',
      () =>
        folder.edit('config.json', (json) => Object.assign(json['text_config']!, { num_hidden_layers: 3 })),
    ],
    [
      'with fewer layers in the config than in the weights',
      'WEIGHTS_MISMATCH',
      () =>
        folder.edit('config.json', (json) => Object.assign(json['text_config']!, { num_hidden_layers: 1 })),
    ],
    [
      'with another width in the config',
      'WEIGHTS_MISMATCH',
      () =>
        folder.edit('config.json', (json) =>
          Object.assign(json['vision_config']!, { intermediate_size: 44 }),
        ),
    ],
    [
      'with heads that do not divide the width',
      'MODEL_CONFIG_INVALID',
      () =>
        folder.edit('config.json', (json) =>
          Object.assign(json['vision_config']!, { num_attention_heads: 5 }),
        ),
    ],
    [
      'with an absurd size',
      'MODEL_CONFIG_INVALID',
      () =>
        folder.edit('config.json', (json) =>
          Object.assign(json['text_config']!, { hidden_size: 1e6, vocab_size: 1e6 }),
        ),
    ],
    [
      'with preprocessing for another size',
      'MODEL_CONFIG_INVALID',
      () =>
        folder.edit('preprocessor_config.json', (json) =>
          Object.assign(json, { crop_size: { height: 8, width: 8 } }),
        ),
    ],
    [
      'with a tokenizer larger than the model',
      'TOKENIZER_MISMATCH',
      () =>
        folder.edit('tokenizer.json', (json) =>
          (json['added_tokens'] as unknown[]).push({ id: 4000, content: '<new>', special: true }),
        ),
    ],
    [
      'with a link out of the folder',
      'CHECKPOINT_LINK_OUTSIDE',
      async () => {
        await rename(join(folder.dir, 'config.json'), join(folder.root, 'elsewhere.json'));
        await symlink(join(folder.root, 'elsewhere.json'), join(folder.dir, 'config.json'));
      },
    ],
    [
      'with NaN weights',
      'WEIGHT_NOT_FINITE',
      async () => {
        const bytes = await readFile(join(folder.dir, 'model.safetensors'));
        bytes.writeFloatLE(NaN, bytes.length - 4);
        await writeFile(join(folder.dir, 'model.safetensors'), bytes);
      },
    ],
  ])('%s', async (_, code, spoil) => {
    await folder.copyOf('hf-vit');
    await spoil();
    const tensors = tf.memory().numTensors;
    await expect(loadCheckpoint(folder.dir)).rejects.toMatchObject({ name: 'UbtError', code });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('when it is a pickle itself, with the way to convert it', async () => {
    await writeFile(join(folder.root, 'model.pt'), 'x');
    await expect(openCheckpoint(join(folder.root, 'model.pt'))).rejects.toMatchObject({
      code: 'PICKLE_REFUSED',
      fix: expect.stringContaining('safetensors') as unknown as string,
    });
  });

  it('names the tensors that do not fit', async () => {
    await folder.copyOf('hf-vit');
    await folder.edit('config.json', (json) => Object.assign(json, { projection_dim: 13 }));
    await expect(openCheckpoint(folder.dir)).rejects.toMatchObject({
      violations: [
        {
          field: 'text_projection.weight',
          reason: 'the config calls for [13, 16], the weights have [12, 16]',
        },
        {
          field: 'visual_projection.weight',
          reason: 'the config calls for [13, 24], the weights have [12, 24]',
        },
      ],
    });
  });

  it.each<[string, (index: { weight_map: Record<string, string> }) => void]>([
    ['points out of the folder', (index) => (index.weight_map['logit_scale'] = '../model.safetensors')],
    [
      'names a shard that is missing',
      (index) => (index.weight_map['logit_scale'] = 'model-00009-of-00002.safetensors'),
    ],
    [
      'lists a tensor that no shard holds',
      (index) => (index.weight_map['ghost'] = 'model-00001-of-00002.safetensors'),
    ],
    ['misplaces a tensor', (index) => (index.weight_map['logit_scale'] = 'model-00002-of-00002.safetensors')],
    ['is empty', (index) => (index.weight_map = {})],
  ])('when the shard index %s', async (_, spoil) => {
    await folder.copyOf('hf-vit-bf16-sharded');
    await folder.edit('model.safetensors.index.json', (json) => spoil(json as never));
    await expect(openCheckpoint(folder.dir)).rejects.toMatchObject({ code: 'SHARD_INDEX_INVALID' });
  });

  it.each<[string, (model: { vision_cfg: object; text_cfg: object }) => void]>([
    ['a SigLIP head', (model) => Object.assign(model, { init_logit_bias: -10 })],
    ['a CoCa decoder', (model) => Object.assign(model, { multimodal_cfg: {} })],
    ['a timm tower', (model) => Object.assign(model.vision_cfg, { timm_model_name: 'vit_base' })],
    [
      'captions without punctuation',
      (model) => Object.assign(model.text_cfg, { tokenizer_kwargs: { clean: 'canonicalize' } }),
    ],
    ['a text tower without causal mask', (model) => Object.assign(model.text_cfg, { no_causal_mask: true })],
  ])('from open_clip with %s, by name', async (_, spoil) => {
    await folder.copyOf('open-clip-vit');
    await folder.edit('open_clip_config.json', (json) => spoil(json['model_cfg'] as never));
    await expect(openCheckpoint(folder.dir)).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });
});
