import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIXTURES } from './fixtures.js';

/** A temporary folder with room for one checkpoint, and ways to spoil it. */
export interface CheckpointFolder {
  readonly root: string;
  /** `root/model`: where {@link copyOf} puts the checkpoint; not there before. */
  readonly dir: string;
  /** Copies a fixture to `dir`. */
  copyOf(fixture: string): Promise<void>;
  /** Changes a JSON file of the checkpoint. */
  edit(file: string, change: (json: Record<string, never>) => void): Promise<void>;
  /** Adds a tensor to a weight file, keeping it valid. */
  addTensor(file: string, added: AddedTensor): Promise<void>;
  remove(): Promise<void>;
}

/** A tensor as safetensors has it. */
export interface AddedTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

export async function makeCheckpointFolder(): Promise<CheckpointFolder> {
  const root = await mkdtemp(join(tmpdir(), 'ubt-checkpoint-'));
  const dir = join(root, 'model');
  return {
    root,
    dir,
    copyOf: (fixture) => cp(join(FIXTURES, fixture), dir, { recursive: true }),
    async edit(file, change) {
      const json = JSON.parse(await readFile(join(dir, file), 'utf8')) as Record<string, never>;
      change(json);
      await writeFile(join(dir, file), JSON.stringify(json));
    },
    async addTensor(file, added) {
      const bytes = await readFile(join(dir, file));
      await writeFile(join(dir, file), withTensor(bytes, added));
    },
    remove: () => rm(root, { recursive: true }),
  };
}

function withTensor(bytes: Buffer, { name, dtype, shape, data }: AddedTensor): Buffer {
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, unknown>;
  const end = bytes.length - 8 - length;
  header[name] = { dtype, shape, data_offsets: [end, end + data.length] };
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, bytes.subarray(8 + length), data]);
}
