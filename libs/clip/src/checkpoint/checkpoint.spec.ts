import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import {
  createClip,
  createTokenizer,
  defaultPreprocess,
  disposeClip,
  learnTokenizer,
  loadCheckpoint,
  openCheckpoint,
  saveCheckpoint,
  type ClipConfig,
} from '../index.js';
import { writeFolder, writeSynced } from './write-folder.js';
import { FIXTURES } from '../../test/fixtures.js';

let engine: Engine;
let root: string;
let dir: string;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
});
afterAll(() => engine.dispose());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ubt-checkpoint-'));
  dir = join(root, 'model');
});
afterEach(() => rm(root, { recursive: true }));

async function copyOf(name: string): Promise<string> {
  await cp(join(FIXTURES, name), dir, { recursive: true });
  return dir;
}

async function edit(name: string, change: (json: Record<string, never>) => void): Promise<void> {
  const json = JSON.parse(await readFile(join(dir, name), 'utf8')) as Record<string, never>;
  change(json);
  await writeFile(join(dir, name), JSON.stringify(json));
}

/** Adds tensors to a weight file, keeping it valid. */
async function addTensor(
  name: string,
  tensor: string,
  dtype: string,
  shape: number[],
  data: Buffer,
): Promise<void> {
  const path = join(dir, name);
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, unknown>;
  const end = bytes.length - 8 - length;
  header[tensor] = { dtype, shape, data_offsets: [end, end + data.length] };
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([prefix, json, bytes.subarray(8 + length), data]));
}

describe('load, then save', () => {
  it.each(['hf-vit', 'hf-vit-bf16-sharded', 'open-clip-vit', 'open-clip-resnet'])(
    'gives every file of %s back byte for byte',
    async (name) => {
      const source = join(FIXTURES, name);
      const checkpoint = await loadCheckpoint(source);
      const { leftOut } = await saveCheckpoint(checkpoint, dir);
      disposeClip(checkpoint.model);
      expect(leftOut).toEqual([]);
      const files = await readdir(source);
      expect((await readdir(dir)).sort()).toEqual(files.sort());
      for (const file of files) {
        const same = (await readFile(join(dir, file))).equals(await readFile(join(source, file)));
        expect([file, same]).toEqual([file, true]);
      }
    },
  );

  it('keeps unknown tensors, metadata and extra files, and leaves other copies of the weights behind', async () => {
    await copyOf('hf-vit');
    await addTensor(
      'model.safetensors',
      'text_model.embeddings.position_ids',
      'I64',
      [1, 2],
      Buffer.alloc(16, 7),
    );
    await mkdir(join(dir, 'notes'));
    await writeFile(join(dir, 'notes/LICENSE'), 'MIT');
    for (const stale of [
      'pytorch_model.bin',
      'flax_model.msgpack',
      'optimizer.pt',
      'other.safetensors',
      '.cache',
    ]) {
      await writeFile(join(dir, stale), 'old');
    }
    const checkpoint = await loadCheckpoint(dir);
    const out = join(root, 'out');
    const { leftOut } = await saveCheckpoint(checkpoint, out);
    disposeClip(checkpoint.model);
    expect(await readFile(join(out, 'notes/LICENSE'), 'utf8')).toBe('MIT');
    expect(
      (await readFile(join(out, 'model.safetensors'))).equals(await readFile(join(dir, 'model.safetensors'))),
    ).toBe(true);
    expect(leftOut).toEqual([
      '.cache',
      'flax_model.msgpack',
      'optimizer.pt',
      'other.safetensors',
      'pytorch_model.bin',
    ]);
  });

  it('writes changed weights in the type they came in, and nothing else differs', async () => {
    const source = join(FIXTURES, 'hf-vit-bf16-sharded');
    const checkpoint = await loadCheckpoint(source);
    const name = 'visual_projection.weight';
    const variable = checkpoint.model.weights.get(name)!;
    tf.tidy(() => variable.assign(tf.add(variable, 0.25)));
    const changed = await variable.data();
    await saveCheckpoint(checkpoint, dir);
    disposeClip(checkpoint.model);
    const again = await loadCheckpoint(dir);
    const read = await again.model.weights.get(name)!.data();
    changed.forEach((value, index) =>
      expect(Math.abs(read[index]! - value)).toBeLessThanOrEqual(Math.abs(value) / 256),
    );
    const other = 'text_projection.weight';
    const before = await loadCheckpoint(source);
    expect([...(await again.model.weights.get(other)!.data())]).toEqual([
      ...(await before.model.weights.get(other)!.data()),
    ]);
    disposeClip(again.model);
    disposeClip(before.model);
  });

  it('writes a model of our own making as a folder that loads the same', async () => {
    const json = learnTokenizer(['a photo of a cat', 'a cat'], { vocabSize: 520 });
    const tokenizer = createTokenizer(json, { contextLength: 8 });
    for (const config of [vitConfig(tokenizer.vocabSize), resnetConfig(tokenizer.vocabSize)]) {
      const model = createClip(config, 5);
      const preprocess = defaultPreprocess(config.vision.imageSize);
      const out = join(root, config.family);
      await saveCheckpoint({ model, tokenizer, preprocess, config, format: config.family }, out);
      const loaded = await loadCheckpoint(out);
      expect(loaded.config).toEqual(config);
      expect(loaded.preprocess).toEqual(preprocess);
      expect([...loaded.tokenizer.encode(['a cat'])]).toEqual([...tokenizer.encode(['a cat'])]);
      for (const [name, variable] of model.weights) {
        expect([...(await loaded.model.weights.get(name)!.data())]).toEqual([...(await variable.data())]);
      }
      disposeClip(loaded.model);
      disposeClip(model);
    }
  });
});

describe('a checkpoint is refused', () => {
  it.each<[string, string, () => Promise<unknown>]>([
    ['without a config', 'CHECKPOINT_MISSING', () => rm(join(dir, 'config.json'))],
    ['with a config that is not JSON', 'JSON_INVALID', () => writeFile(join(dir, 'config.json'), '{')],
    ['without weights', 'WEIGHTS_MISSING', () => rm(join(dir, 'model.safetensors'))],
    [
      'with a pickle for weights',
      'PICKLE_REFUSED',
      () => rename(join(dir, 'model.safetensors'), join(dir, 'pytorch_model.bin')),
    ],
    [
      'with a truncated weight file',
      'SAFETENSORS_TRUNCATED',
      async () => {
        const bytes = await readFile(join(dir, 'model.safetensors'));
        await writeFile(join(dir, 'model.safetensors'), bytes.subarray(0, bytes.length - 100));
      },
    ],
    [
      'of another architecture',
      'MODEL_UNSUPPORTED',
      () => edit('config.json', (json) => Object.assign(json, { model_type: 'siglip' })),
    ],
    [
      'with more layers in the config than in the weights',
      'WEIGHTS_MISMATCH',
      () => edit('config.json', (json) => Object.assign(json['text_config']!, { num_hidden_layers: 3 })),
    ],
    [
      'with fewer layers in the config than in the weights',
      'WEIGHTS_MISMATCH',
      () => edit('config.json', (json) => Object.assign(json['text_config']!, { num_hidden_layers: 1 })),
    ],
    [
      'with another width in the config',
      'WEIGHTS_MISMATCH',
      () => edit('config.json', (json) => Object.assign(json['vision_config']!, { intermediate_size: 44 })),
    ],
    [
      'with heads that do not divide the width',
      'MODEL_CONFIG_INVALID',
      () => edit('config.json', (json) => Object.assign(json['vision_config']!, { num_attention_heads: 5 })),
    ],
    [
      'with an absurd size',
      'MODEL_CONFIG_INVALID',
      () =>
        edit('config.json', (json) =>
          Object.assign(json['text_config']!, { hidden_size: 1e6, vocab_size: 1e6 }),
        ),
    ],
    [
      'with preprocessing for another size',
      'MODEL_CONFIG_INVALID',
      () =>
        edit('preprocessor_config.json', (json) =>
          Object.assign(json, { crop_size: { height: 8, width: 8 } }),
        ),
    ],
    [
      'with a tokenizer larger than the model',
      'TOKENIZER_MISMATCH',
      () =>
        edit('tokenizer.json', (json) =>
          (json['added_tokens'] as unknown[]).push({ id: 4000, content: '<new>', special: true }),
        ),
    ],
    [
      'with a link out of the folder',
      'CHECKPOINT_LINK_OUTSIDE',
      async () => {
        await rename(join(dir, 'config.json'), join(root, 'elsewhere.json'));
        await symlink(join(root, 'elsewhere.json'), join(dir, 'config.json'));
      },
    ],
    [
      'with NaN weights',
      'WEIGHT_NOT_FINITE',
      async () => {
        const bytes = await readFile(join(dir, 'model.safetensors'));
        bytes.writeFloatLE(NaN, bytes.length - 4);
        await writeFile(join(dir, 'model.safetensors'), bytes);
      },
    ],
  ])('%s', async (_, code, spoil) => {
    await copyOf('hf-vit');
    await spoil();
    const tensors = tf.memory().numTensors;
    await expect(loadCheckpoint(dir)).rejects.toMatchObject({ name: 'UbtError', code });
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('when it is a pickle itself, with the way to convert it', async () => {
    await writeFile(join(root, 'model.pt'), 'x');
    await expect(openCheckpoint(join(root, 'model.pt'))).rejects.toMatchObject({
      code: 'PICKLE_REFUSED',
      fix: expect.stringContaining('safetensors') as unknown as string,
    });
  });

  it('names the tensors that do not fit', async () => {
    await copyOf('hf-vit');
    await edit('config.json', (json) => Object.assign(json, { projection_dim: 13 }));
    await expect(openCheckpoint(dir)).rejects.toMatchObject({
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
    await copyOf('hf-vit-bf16-sharded');
    await edit('model.safetensors.index.json', (json) => spoil(json as never));
    await expect(openCheckpoint(dir)).rejects.toMatchObject({ code: 'SHARD_INDEX_INVALID' });
  });

  it.each<[string, (model: { vision_cfg: object; text_cfg: object }) => void]>([
    ['a SigLIP head', (model) => Object.assign(model, { init_logit_bias: -10 })],
    ['a CoCa decoder', (model) => Object.assign(model, { multimodal_cfg: {} })],
    ['a timm tower', (model) => Object.assign(model.vision_cfg, { timm_model_name: 'vit_base' })],
    ['a text tower without causal mask', (model) => Object.assign(model.text_cfg, { no_causal_mask: true })],
  ])('from open_clip with %s, by name', async (_, spoil) => {
    await copyOf('open-clip-vit');
    await edit('open_clip_config.json', (json) => spoil(json['model_cfg'] as never));
    await expect(openCheckpoint(dir)).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });
});

describe('a Hugging Face cache', () => {
  it('is read through its links', async () => {
    const snapshot = join(root, 'models--a--b/snapshots/abc');
    const blobs = join(root, 'models--a--b/blobs');
    await mkdir(snapshot, { recursive: true });
    await cp(join(FIXTURES, 'hf-vit'), blobs, { recursive: true });
    for (const name of await readdir(blobs)) await symlink(`../../blobs/${name}`, join(snapshot, name));
    const checkpoint = await loadCheckpoint(snapshot);
    await saveCheckpoint(checkpoint, dir);
    disposeClip(checkpoint.model);
    expect(await readFile(join(dir, 'config.json'))).toEqual(await readFile(join(blobs, 'config.json')));
  });
});

describe('saving', () => {
  it('refuses a folder that exists, and leaves it alone', async () => {
    await mkdir(dir);
    await writeFile(join(dir, 'mine'), 'keep');
    const checkpoint = await loadCheckpoint(join(FIXTURES, 'hf-vit'));
    await expect(saveCheckpoint(checkpoint, dir)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    disposeClip(checkpoint.model);
    expect(await readdir(dir)).toEqual(['mine']);
  });

  it('leaves nothing behind when a weight is not finite', async () => {
    const checkpoint = await loadCheckpoint(join(FIXTURES, 'hf-vit'));
    const scale = checkpoint.model.weights.get('logit_scale')!;
    tf.tidy(() => scale.assign(tf.scalar(NaN)));
    await expect(saveCheckpoint(checkpoint, dir)).rejects.toMatchObject({
      code: 'WEIGHT_NOT_FINITE',
      message: expect.stringContaining('logit_scale') as unknown as string,
    });
    disposeClip(checkpoint.model);
    expect(await readdir(root)).toEqual([]);
  });

  it('leaves nothing behind when the disk is full', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const writing = writeFolder(dir, async (temporary) => {
      await writeSynced(join(temporary, 'a'), [Buffer.from('some')]);
      throw full;
    });
    await expect(writing).rejects.toMatchObject({ code: 'DISK_FULL', kind: 'resource-exhausted' });
    expect(await readdir(root)).toEqual([]);
  });

  it('notices that the source changed since it was loaded', async () => {
    await copyOf('hf-vit');
    const checkpoint = await loadCheckpoint(dir);
    await addTensor('model.safetensors', 'extra', 'U8', [1], Buffer.alloc(1));
    await expect(saveCheckpoint(checkpoint, join(root, 'out'))).rejects.toMatchObject({
      code: 'CHECKPOINT_CHANGED',
    });
    disposeClip(checkpoint.model);
    expect(await readdir(root)).toEqual(['model']);
  });
});

function vitConfig(vocabSize: number): ClipConfig {
  return {
    family: 'hugging-face',
    customText: false,
    embedDim: 8,
    logitScaleInit: 2.6592,
    vision: {
      kind: 'vit',
      imageSize: 8,
      patchSize: 4,
      width: 8,
      layers: 1,
      heads: 2,
      mlpWidth: 16,
      activation: 'gelu',
      layerNormEps: 1e-5,
    },
    text: {
      contextLength: 8,
      vocabSize,
      width: 8,
      layers: 1,
      heads: 2,
      mlpWidth: 16,
      activation: 'gelu',
      layerNormEps: 1e-5,
      pooling: 'first-eos',
      eosTokenId: vocabSize - 1,
    },
  };
}

function resnetConfig(vocabSize: number): ClipConfig {
  return {
    ...vitConfig(vocabSize),
    family: 'open-clip',
    logitScaleInit: Math.log(1 / 0.07),
    vision: { kind: 'modified-resnet', imageSize: 32, layers: [1, 1, 1, 1], width: 4, heads: 2 },
  };
}
