import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { locateFile } from '../src/checkpoint/locate-file.js';
import { decodeFloats } from '../src/checkpoint/float-formats.js';
import { readSafetensorsFile, readTensorBytes, withFile } from '../src/checkpoint/safetensors-file.js';

/** The folder that the scripts in tools/golden write into. */
export const FIXTURES = join(import.meta.dirname, '../fixtures');

/** A tensor of a golden file. */
export interface GoldenTensor {
  readonly shape: number[];
  readonly values: Float32Array | Int32Array;
}

/** Every tensor of a golden file, by name. */
export async function readGolden(name: string): Promise<Map<string, GoldenTensor>> {
  const located = await locateFile(FIXTURES, name);
  if (located === undefined) throw new Error(`The fixture ${name} is missing.`);
  const file = await readSafetensorsFile(name, located);
  return withFile(located.path, async (handle) => {
    const golden = new Map<string, GoldenTensor>();
    for (const entry of file.header.entries) {
      const bytes = await readTensorBytes(handle, file, entry);
      const values = entry.dtype === 'I32' ? new Int32Array(bytes.buffer) : decodeFloats(bytes, 'F32');
      golden.set(entry.name, { shape: [...entry.shape], values });
    }
    return golden;
  });
}

/** A golden tensor on the engine. */
export function toTensor<R extends tf.Rank>(
  golden: ReadonlyMap<string, GoldenTensor>,
  name: string,
): tf.Tensor<R> {
  const found = golden.get(name);
  if (found === undefined) throw new Error(`The golden file has no ${name}.`);
  const dtype = found.values instanceof Int32Array ? 'int32' : 'float32';
  return tf.tensor(found.values, found.shape as tf.ShapeMap[R], dtype);
}

/** The largest absolute difference. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let index = 0; index < a.length; index++) {
    const difference = Math.abs(a[index]! - b[index]!);
    worst = difference <= worst ? worst : difference;
  }
  return worst;
}

/** ‖a − b‖ / ‖b‖, with a floor under the norm for gradients that are zero but for rounding. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>, floor = 1e-4): number {
  if (a.length !== b.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let index = 0; index < a.length; index++) {
    difference += (a[index]! - b[index]!) ** 2;
    norm += b[index]! ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), floor);
}

/** The files of a folder by name, as bytes. */
export async function fileBytes(dir: string, names: readonly string[]): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of names) files.set(basename(name), await readFile(join(dir, name)));
  return files;
}
