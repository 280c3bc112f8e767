import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeFloats, encodeFloats } from './float-formats.js';
import { locateFile } from './locate-file.js';
import { readFloats, readSafetensorsFile, withFile } from './safetensors-file.js';
import { topLevelKeys } from './top-level-keys.js';
import { seededRandom } from '@ubt/engine';

const A = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

/** A file with this header and `bytes` of data. */
function file(header: unknown, bytes: number | Uint8Array, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([prefix, json, typeof bytes === 'number' ? Buffer.alloc(bytes) : bytes]);
}

async function withBytes<T>(bytes: Uint8Array, task: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'ubt-safetensors-'));
  try {
    await writeFile(join(dir, 'm.safetensors'), bytes);
    return await task(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function read(bytes: Uint8Array): Promise<Record<string, number[]>> {
  return withBytes(bytes, async (dir) => {
    const opened = await readSafetensorsFile('m.safetensors', (await locateFile(dir, 'm.safetensors'))!);
    return withFile(opened.located.path, async (handle) => {
      const values: Record<string, number[]> = {};
      for (const entry of opened.header.entries)
        values[entry.name] = [...(await readFloats(handle, opened, entry))];
      return values;
    });
  });
}

const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

describe('the safetensors reader', () => {
  it('reads F32, F16 and BF16 exactly', async () => {
    const data = Buffer.concat([
      floats(1.5, -2),
      Buffer.from(Uint16Array.of(0x3e00, 0x0001).buffer),
      Buffer.from(Uint16Array.of(0x3fc0, 0xc000).buffer),
    ]);
    const header = {
      a: A,
      b: { dtype: 'F16', shape: [2, 1], data_offsets: [8, 12] },
      c: { dtype: 'BF16', shape: [1, 2], data_offsets: [12, 16] },
    };
    expect(await read(file(header, data))).toEqual({ a: [1.5, -2], b: [1.5, 2 ** -24], c: [1.5, -2] });
  });

  it.each<[string, string, Buffer]>([
    ['an empty file', 'SAFETENSORS_TRUNCATED', Buffer.alloc(0)],
    ['a prefix alone', 'SAFETENSORS_TRUNCATED', Buffer.alloc(7)],
    ['a header longer than the file', 'SAFETENSORS_TRUNCATED', file({ a: A }, 0, 5000n)],
    ['a header of two exabytes', 'SAFETENSORS_HEADER_TOO_LARGE', file({ a: A }, 8, 2n ** 61n)],
    ['a header that is not JSON', 'SAFETENSORS_HEADER_INVALID', file('{"a":', 8)],
    [
      'a header that is not UTF-8',
      'SAFETENSORS_HEADER_INVALID',
      Buffer.concat([file('', 0, 2n), Buffer.from([0xc3, 0x28])]),
    ],
    ['a header that is a list', 'SAFETENSORS_HEADER_INVALID', file('[]', 0)],
    ['a tensor that is null', 'SAFETENSORS_HEADER_INVALID', file({ a: null }, 0)],
    ['metadata that is no strings', 'SAFETENSORS_HEADER_INVALID', file({ __metadata__: { a: 1 } }, 0)],
    [
      'a name twice',
      'SAFETENSORS_DUPLICATE_NAME',
      file(`{"a":${JSON.stringify(A)},"\\u0061":${JSON.stringify(A)}}`, 8),
    ],
    ['an unknown type', 'SAFETENSORS_DTYPE_UNKNOWN', file({ a: { ...A, dtype: 'F31' } }, 8)],
    ['a type named like a method', 'SAFETENSORS_DTYPE_UNKNOWN', file({ a: { ...A, dtype: 'toString' } }, 8)],
    ['a negative side', 'SAFETENSORS_SHAPE_INVALID', file({ a: { ...A, shape: [-2, -1] } }, 8)],
    ['a fractional side', 'SAFETENSORS_SHAPE_INVALID', file({ a: { ...A, shape: [0.5, 4] } }, 8)],
    [
      'a shape that overflows',
      'SAFETENSORS_SHAPE_INVALID',
      file({ a: { ...A, shape: [2 ** 40, 2 ** 40] } }, 8),
    ],
    ['a size that the type contradicts', 'SAFETENSORS_OFFSETS_INVALID', file({ a: { ...A, shape: [3] } }, 8)],
    ['offsets in reverse', 'SAFETENSORS_OFFSETS_INVALID', file({ a: { ...A, data_offsets: [8, 0] } }, 8)],
    ['offsets beyond the data', 'SAFETENSORS_TRUNCATED', file({ a: A }, 7)],
    [
      'tensors that overlap',
      'SAFETENSORS_OFFSETS_INVALID',
      file({ a: A, b: { ...A, data_offsets: [4, 12] } }, 12),
    ],
    [
      'a hole between tensors',
      'SAFETENSORS_OFFSETS_INVALID',
      file({ a: A, b: { ...A, data_offsets: [12, 20] } }, 20),
    ],
    ['bytes after the last tensor', 'SAFETENSORS_OFFSETS_INVALID', file({ a: A }, 9)],
    ['a NaN', 'WEIGHT_NOT_FINITE', file({ a: A }, floats(0, NaN))],
    ['an infinity', 'WEIGHT_NOT_FINITE', file({ a: A }, floats(-Infinity, 0))],
    [
      'an infinity in half precision',
      'WEIGHT_NOT_FINITE',
      file({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, Buffer.from([0, 0x7c])),
    ],
    [
      'whole numbers for weights',
      'WEIGHT_DTYPE',
      file({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, 8),
    ],
  ])('refuses %s', async (_, code, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ name: 'UbtError', code });
  });

  it('names the tensor and the place of a value that is not finite', async () => {
    await expect(read(file({ 'text.proj': A }, floats(0, NaN)))).rejects.toMatchObject({
      message: expect.stringMatching(
        /m\.safetensors: tensor "text\.proj".*index 1 is NaN/,
      ) as unknown as string,
    });
  });

  it('answers 2,000 damaged files with an error or with finite values', async () => {
    const random = seededRandom(17);
    const sound = file(
      { a: A, b: { dtype: 'BF16', shape: [2, 2], data_offsets: [8, 16] }, __metadata__: { k: 'v' } },
      16,
    );
    await withBytes(sound, async (dir) => {
      for (let round = 0; round < 2000; round++) {
        const bytes = Buffer.from(
          sound.subarray(0, random.uniform() < 0.3 ? random.int(sound.length) : sound.length),
        );
        for (let change = 0; change < 1 + random.int(4) && bytes.length > 0; change++) {
          bytes[random.int(bytes.length)] = random.int(256);
        }
        await writeFile(join(dir, 'm.safetensors'), bytes);
        const outcome = await readAll(dir).catch((error: unknown) => error);
        expect(outcome === 'finite' || (outcome as { name?: string }).name === 'UbtError').toBe(true);
        expect((outcome as { code?: string }).code).not.toBe('UNEXPECTED');
      }
    });
  });
});

async function readAll(dir: string): Promise<'finite' | 'not finite'> {
  const opened = await readSafetensorsFile('m.safetensors', (await locateFile(dir, 'm.safetensors'))!);
  return withFile(opened.located.path, async (handle) => {
    for (const entry of opened.header.entries) {
      const values = await readFloats(handle, opened, entry);
      if (!values.every((value) => Number.isFinite(value))) return 'not finite';
    }
    return 'finite';
  });
}

describe('float formats', () => {
  it.each(['F16', 'BF16'] as const)('gives every finite %s back bit for bit', (dtype) => {
    const exponent = dtype === 'F16' ? 0x7c00 : 0x7f80;
    const halves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits).filter(
      (bits) => (bits & exponent) !== exponent,
    );
    const values = decodeFloats(new Uint8Array(halves.buffer), dtype);
    expect(Buffer.from(encodeFloats(values, dtype, 'w')).equals(Buffer.from(halves.buffer))).toBe(true);
  });

  it.each([
    ['F16', 1 + 2 ** -11, 1],
    ['F16', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ['F16', 2 ** -25, 0],
    ['F16', 1.5 * 2 ** -24, 2 ** -23],
    ['F16', 65_519, 65_504],
    ['BF16', 1 + 2 ** -8, 1],
    ['BF16', 1 + 3 * 2 ** -8, 1 + 2 ** -6],
  ] as const)('%s rounds %p to the nearest, ties to even', (dtype, value, rounded) => {
    const bytes = encodeFloats(Float32Array.of(value), dtype, 'w');
    expect(decodeFloats(bytes, dtype)[0]).toBe(rounded);
  });

  it.each([
    ['F16', 65_520],
    ['BF16', 3.4e38],
  ] as const)('%s refuses %p, which it cannot hold', (dtype, value) => {
    expect(() => encodeFloats(Float32Array.of(value), dtype, 'w')).toThrow(
      expect.objectContaining({ code: 'WEIGHT_OVERFLOW' }),
    );
  });
});

describe('topLevelKeys', () => {
  it('sees repeated and escaped keys, and none inside values', () => {
    expect(topLevelKeys('{"a":{"b":1},"\\u0061" : ["c:","{"], "q\\"":":"}')).toEqual(['a', 'a', 'q"']);
  });
});
