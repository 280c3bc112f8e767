import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { z } from 'zod';
import { parseWith } from '../config/config-error.js';
import { locateFile } from './locate-file.js';
import { readJson } from './read-json.js';
import { malformed } from './safetensors-header.js';
import { readSafetensorsFile, type SafetensorsFile } from './safetensors-file.js';

const MOST_INDEX_BYTES = 32 * 2 ** 20;
const MOST_SHARDS = 1000;

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** File names that hold Python pickles: reading one runs whatever its author put in. */
export const PICKLE = /\.(bin|pt|pth|ckpt|pkl|pickle)$/i;

/** The safetensors files that may hold a model, in order of preference. */
const SINGLE_FILES = {
  'hugging-face': ['model.safetensors'],
  'open-clip': ['open_clip_model.safetensors', 'open_clip_pytorch_model.safetensors', 'model.safetensors'],
} as const;

/**
 * The weight files of a model's folder with checked headers: one file, or the shards that
 * `model.safetensors.index.json` names.
 *
 * @throws UbtError `PICKLE_REFUSED` when only pickles are there, `WEIGHTS_MISSING`, `SHARD_INDEX_INVALID`, and
 *   those of {@link readSafetensorsFile}
 */
export async function readWeightFiles(
  dir: string,
  family: keyof typeof SINGLE_FILES,
): Promise<SafetensorsFile[]> {
  for (const name of SINGLE_FILES[family]) {
    const located = await locateFile(dir, name);
    if (located !== undefined) return [await readSafetensorsFile(name, located)];
  }
  const index = await readJson(dir, 'model.safetensors.index.json', MOST_INDEX_BYTES);
  if (index !== undefined) return readShards(dir, index);
  const names = await readdir(dir);
  const pickle = names.find((name) => PICKLE.test(name));
  if (pickle !== undefined) throw pickleRefused(join(dir, pickle));
  throw new UbtError(
    'not-found',
    `${dir} holds no weights: ${SINGLE_FILES[family].join(' or ')} is missing.`,
    {
      code: 'WEIGHTS_MISSING',
      fix: 'Give the folder that holds the safetensors file.',
    },
  );
}

/** The refusal of a pickle, with the way out. */
export function pickleRefused(path: string): UbtError {
  return new UbtError(
    'invalid-argument',
    `${path} is a Python pickle, which can run code of its author's; it is not read.`,
    {
      code: 'PICKLE_REFUSED',
      fix:
        'Convert it to safetensors where you trust it: model.save_pretrained(folder) in transformers, or ' +
        'torch.load(file, weights_only=True) and safetensors.torch.save_file(state_dict, file).',
    },
  );
}

async function readShards(dir: string, json: unknown): Promise<SafetensorsFile[]> {
  const indexName = 'model.safetensors.index.json';
  const { weight_map: map } = parseWith(indexSchema, json, indexName);
  const names = [...new Set(Object.values(map))];
  if (names.length === 0 || names.length > MOST_SHARDS) {
    throw malformed('SHARD_INDEX_INVALID', indexName, `it names ${names.length} files`);
  }
  const files: SafetensorsFile[] = [];
  const seen = new Set<string>();
  for (const name of names) {
    if (!/^[\w.-]+\.safetensors$/.test(name)) {
      throw malformed(
        'SHARD_INDEX_INVALID',
        indexName,
        `"${name.slice(0, 100)}" is not the name of a safetensors file`,
      );
    }
    const located = await locateFile(dir, name);
    if (located === undefined)
      throw malformed('SHARD_INDEX_INVALID', indexName, `the shard ${name} is missing`);
    const file = await readSafetensorsFile(name, located);
    for (const entry of file.header.entries) {
      if (map[entry.name] !== name || seen.has(entry.name)) {
        throw malformed(
          'SHARD_INDEX_INVALID',
          indexName,
          `it does not place this tensor in ${name}`,
          entry.name,
        );
      }
      seen.add(entry.name);
    }
    files.push(file);
  }
  const absent = Object.keys(map).find((name) => !seen.has(name));
  if (absent !== undefined) throw malformed('SHARD_INDEX_INVALID', indexName, 'no shard holds it', absent);
  return files;
}
