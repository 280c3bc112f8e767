import { basename, dirname } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { UbtError } from '@ubt/errors';
import type { ClipModel } from '../model/clip-model.js';
import { encodeFloats, isFloatDtype, type FloatDtype } from './float-formats.js';
import { firstNotFinite } from './first-not-finite.js';
import { locateFile } from './locate-file.js';
import { readTensorBytes, withFile, type SafetensorsFile } from './safetensors-file.js';

/**
 * The bytes of a weight file with the model's current values: the header as it was, the model's tensors in
 * their stored types, every other tensor straight from the source file.
 *
 * @throws UbtError `CHECKPOINT_CHANGED`, `WEIGHT_NOT_FINITE`, `WEIGHT_OVERFLOW`
 */
export async function* rewrittenWeights(file: SafetensorsFile, model: ClipModel): AsyncGenerator<Uint8Array> {
  await requireUnchanged(file);
  yield file.headerBytes;
  for (const entry of file.header.entries) {
    const variable = model.weights.get(entry.name);
    if (variable !== undefined && isFloatDtype(entry.dtype)) {
      yield await weightBytes(variable, entry.name, entry.dtype);
    } else {
      yield await withFile(file.located.path, (handle) => readTensorBytes(handle, file, entry));
    }
  }
}

/** A safetensors file of a model's tensors as float32, laid out as the Python library does it. */
export async function* newWeightsFile(model: ClipModel): AsyncGenerator<Uint8Array> {
  const names = [...model.weights.keys()].sort();
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const name of names) {
    const { shape, size } = model.weights.get(name)!;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + 4 * size] };
    offset += 4 * size;
  }
  const json = Buffer.from(JSON.stringify(header));
  // The data starts at a multiple of eight bytes, so that readers can map it.
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(padded.length));
  yield prefix;
  yield padded;
  for (const name of names) yield await weightBytes(model.weights.get(name)!, name, 'F32');
}

async function weightBytes(variable: tf.Variable, name: string, dtype: FloatDtype): Promise<Uint8Array> {
  const values = await variable.data<'float32'>();
  if (firstNotFinite(values) < 0) return encodeFloats(values, dtype, name);
  throw new UbtError(
    'failed-precondition',
    `${name} holds NaN or infinite values; the model is not written.`,
    {
      code: 'WEIGHT_NOT_FINITE',
      fix: 'Lower the learning rate.',
    },
  );
}

async function requireUnchanged({ located, name }: SafetensorsFile): Promise<void> {
  const now = await locateFile(dirname(located.path), basename(located.path));
  if (now?.bytes === located.bytes && now.modifiedMs === located.modifiedMs) return;
  throw new UbtError('aborted', `${name} changed on disk since the model was loaded.`, {
    code: 'CHECKPOINT_CHANGED',
    fix: 'Start again, and leave the model folder alone until the end.',
  });
}
