import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isS3Uri, s3FolderOf } from '@ubt/artifacts';
import { UbtError } from '@ubt/errors';
import type { ActionContext } from '../cli.js';
import { readPairsInput } from '../inputs/read-input.js';
import { EXIT } from '../output/exit-code.js';
import { inspectModel } from './inspect-model.js';
import { inspectPairs } from './inspect-pairs.js';

/** What an inspection found: for machines, and for people as name and value. */
export interface Inspection {
  readonly found: Readonly<Record<string, unknown>>;
  readonly lines: readonly (readonly [name: string, value: string])[];
}

/** A file of a model, also one that UBT refuses to read: the refusal says what to do. */
const MODEL_FILE = /(?:\.safetensors|\.bin|\.pt|\.pth|\.ckpt|config\.json|\.safetensors\.index\.json)$/i;
const PAIRS_IN_FOLDER = /\.(?:tar|tar\.gz|tgz|parquet)$/i;

/**
 * Prints what lies at a path, or in S3: that is copied first, a model with its whole folder.
 *
 * @throws UbtError `FILE_NOT_FOUND`, and what refuses the model or the pairs: that is the answer then
 */
export async function runInspect(
  _flags: object,
  { output, config }: ActionContext,
  [given = '.']: readonly string[],
): Promise<number> {
  const isRemoteModelFile = isS3Uri(given) && MODEL_FILE.test(given);
  const input = await readPairsInput(isRemoteModelFile ? s3FolderOf(given) : given, config);
  const { path } = input;
  const info = await stat(path).catch((error: unknown) => {
    // A pattern of shards is no file.
    if (path.includes('{')) return undefined;
    throw UbtError.from(error);
  });
  const folder = info?.isDirectory() === true ? path : dirname(path);
  const isModel = info?.isDirectory() === true ? !(await holdsPairs(path)) : MODEL_FILE.test(path);
  const { found, lines } = isModel ? await inspectModel(folder) : await inspectPairs(input);
  output.result(
    found,
    lines.map(([name, value]) => `${name.padEnd(16)} ${value}`),
  );
  return EXIT.ok;
}

async function holdsPairs(folder: string): Promise<boolean> {
  return (await readdir(folder)).some((name) => PAIRS_IN_FOLDER.test(name));
}
