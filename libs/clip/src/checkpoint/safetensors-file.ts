import { open, type FileHandle } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { decodeFloats, isFloatDtype } from './float-formats.js';
import { firstNotFinite } from './first-not-finite.js';
import type { LocatedFile } from './locate-file.js';
import {
  MOST_HEADER_BYTES,
  malformed,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.js';

/** A safetensors file whose header has been read and checked; tensors are read one by one, when asked for. */
export interface SafetensorsFile {
  /** Its name within the model's folder. */
  readonly name: string;
  readonly located: LocatedFile;
  readonly header: SafetensorsHeader;
  /** The length prefix and the header exactly as they are on disk. */
  readonly headerBytes: Uint8Array;
}

/** Bytes of the length in front of the header. */
const PREFIX = 8;

/**
 * Opens a safetensors file for {@link readRange} and {@link readFloats}.
 *
 * @throws UbtError `SAFETENSORS_TRUNCATED`, `SAFETENSORS_HEADER_TOO_LARGE` and those of
 *   {@link parseSafetensorsHeader}
 */
export async function readSafetensorsFile(name: string, located: LocatedFile): Promise<SafetensorsFile> {
  return withFile(located.path, async (handle) => {
    if (located.bytes < PREFIX) {
      throw malformed('SAFETENSORS_TRUNCATED', name, `${located.bytes} bytes are too few for a header`);
    }
    const prefix = await readRange(handle, 0, PREFIX, name);
    const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
    if (length > MOST_HEADER_BYTES) {
      throw malformed('SAFETENSORS_HEADER_TOO_LARGE', name, `the header claims ${length} bytes`);
    }
    if (PREFIX + length > located.bytes) {
      throw malformed(
        'SAFETENSORS_TRUNCATED',
        name,
        `the header of ${length} bytes runs past the file's end`,
      );
    }
    const headerBytes = await readRange(handle, 0, PREFIX + length, name);
    const dataBytes = located.bytes - PREFIX - length;
    const header = parseSafetensorsHeader(headerBytes.subarray(PREFIX), dataBytes, name);
    return { name, located, header, headerBytes };
  });
}

/** Opens a file for the time of one task. */
export async function withFile<T>(path: string, task: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    return await task(handle);
  } catch (error) {
    throw UbtError.from(error);
  } finally {
    await handle?.close();
  }
}

/** A tensor's raw bytes, in memory of their own. */
export function readTensorBytes(
  handle: FileHandle,
  file: SafetensorsFile,
  entry: TensorEntry,
): Promise<Uint8Array> {
  const { headerBytes, name } = file;
  return readRange(handle, headerBytes.byteLength + entry.begin, entry.end - entry.begin, name);
}

/**
 * A weight's values as float32.
 *
 * @throws UbtError `WEIGHT_DTYPE` for whole numbers and doubles, `WEIGHT_NOT_FINITE` for NaN and infinities
 */
export async function readFloats(
  handle: FileHandle,
  file: SafetensorsFile,
  entry: TensorEntry,
): Promise<Float32Array> {
  if (!isFloatDtype(entry.dtype)) {
    throw malformed(
      'WEIGHT_DTYPE',
      file.name,
      `weights are F32, F16 or BF16, not ${entry.dtype}`,
      entry.name,
    );
  }
  const values = decodeFloats(await readTensorBytes(handle, file, entry), entry.dtype);
  const at = firstNotFinite(values);
  if (at >= 0) {
    throw malformed('WEIGHT_NOT_FINITE', file.name, `the value at index ${at} is ${values[at]}`, entry.name);
  }
  return values;
}

async function readRange(
  handle: FileHandle,
  from: number,
  length: number,
  name: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), from + done);
    if (bytesRead === 0)
      throw malformed('SAFETENSORS_TRUNCATED', name, 'the file became shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}
