import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { disposeClip, loadCheckpoint, saveCheckpoint } from '../index.js';
import { writeFolder, writeSynced } from './write-folder.js';
import { makeCheckpointFolder, type CheckpointFolder } from '../../test/checkpoint-folder.js';
import { FIXTURES } from '../../test/fixtures.js';

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

describe('load, then save', () => {
  it.each(['hf-vit', 'hf-vit-bf16-sharded', 'open-clip-vit', 'open-clip-resnet'])(
    'gives every file of %s back byte for byte',
    async (name) => {
      const source = join(FIXTURES, name);
      const checkpoint = await loadCheckpoint(source);
      const { leftOut } = await saveCheckpoint(checkpoint, folder.dir);
      disposeClip(checkpoint.model);
      expect(leftOut).toEqual([]);
      const files = await readdir(source);
      expect((await readdir(folder.dir)).sort()).toEqual(files.sort());
      for (const file of files) {
        const same = (await readFile(join(folder.dir, file))).equals(await readFile(join(source, file)));
        expect([file, same]).toEqual([file, true]);
      }
    },
  );

  it('keeps unknown tensors, metadata and extra files, and leaves other copies of the weights behind', async () => {
    await folder.copyOf('hf-vit');
    await folder.addTensor('model.safetensors', {
      name: 'text_model.embeddings.position_ids',
      dtype: 'I64',
      shape: [1, 2],
      data: Buffer.alloc(16, 7),
    });
    await mkdir(join(folder.dir, 'notes'));
    await writeFile(join(folder.dir, 'notes/LICENSE'), 'MIT');
    for (const stale of [
      'pytorch_model.bin',
      'flax_model.msgpack',
      'optimizer.pt',
      'other.safetensors',
      '.cache',
    ]) {
      await writeFile(join(folder.dir, stale), 'old');
    }
    const checkpoint = await loadCheckpoint(folder.dir);
    const out = join(folder.root, 'out');
    const { leftOut } = await saveCheckpoint(checkpoint, out);
    disposeClip(checkpoint.model);
    expect(await readFile(join(out, 'notes/LICENSE'), 'utf8')).toBe('MIT');
    expect(
      (await readFile(join(out, 'model.safetensors'))).equals(
        await readFile(join(folder.dir, 'model.safetensors')),
      ),
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
    await saveCheckpoint(checkpoint, folder.dir);
    disposeClip(checkpoint.model);
    const again = await loadCheckpoint(folder.dir);
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
});

describe('a Hugging Face cache', () => {
  it('is read through its links', async () => {
    const snapshot = join(folder.root, 'models--a--b/snapshots/abc');
    const blobs = join(folder.root, 'models--a--b/blobs');
    await mkdir(snapshot, { recursive: true });
    await cp(join(FIXTURES, 'hf-vit'), blobs, { recursive: true });
    for (const name of await readdir(blobs)) await symlink(`../../blobs/${name}`, join(snapshot, name));
    const checkpoint = await loadCheckpoint(snapshot);
    await saveCheckpoint(checkpoint, folder.dir);
    disposeClip(checkpoint.model);
    expect(await readFile(join(folder.dir, 'config.json'))).toEqual(
      await readFile(join(blobs, 'config.json')),
    );
  });
});

describe('saving', () => {
  it('refuses a folder that exists, and leaves it alone', async () => {
    await mkdir(folder.dir);
    await writeFile(join(folder.dir, 'mine'), 'keep');
    const checkpoint = await loadCheckpoint(join(FIXTURES, 'hf-vit'));
    await expect(saveCheckpoint(checkpoint, folder.dir)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    disposeClip(checkpoint.model);
    expect(await readdir(folder.dir)).toEqual(['mine']);
  });

  it('leaves nothing behind when a weight is not finite', async () => {
    const checkpoint = await loadCheckpoint(join(FIXTURES, 'hf-vit'));
    const scale = checkpoint.model.weights.get('logit_scale')!;
    tf.tidy(() => scale.assign(tf.scalar(NaN)));
    await expect(saveCheckpoint(checkpoint, folder.dir)).rejects.toMatchObject({
      code: 'WEIGHT_NOT_FINITE',
      message: expect.stringContaining('logit_scale') as unknown as string,
    });
    disposeClip(checkpoint.model);
    expect(await readdir(folder.root)).toEqual([]);
  });

  it('leaves nothing behind when the disk is full', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const writing = writeFolder(folder.dir, async (temporary) => {
      await writeSynced(join(temporary, 'a'), [Buffer.from('some')]);
      throw full;
    });
    await expect(writing).rejects.toMatchObject({ code: 'DISK_FULL', kind: 'resource-exhausted' });
    expect(await readdir(folder.root)).toEqual([]);
  });

  it('notices that the source changed since it was loaded', async () => {
    await folder.copyOf('hf-vit');
    const checkpoint = await loadCheckpoint(folder.dir);
    await folder.addTensor('model.safetensors', {
      name: 'extra',
      dtype: 'U8',
      shape: [1],
      data: Buffer.alloc(1),
    });
    await expect(saveCheckpoint(checkpoint, join(folder.root, 'out'))).rejects.toMatchObject({
      code: 'CHECKPOINT_CHANGED',
    });
    disposeClip(checkpoint.model);
    expect(await readdir(folder.root)).toEqual(['model']);
  });
});
