import { UbtError } from '@ubt/errors';
import { parseJson } from './parse-json.js';
import { topLevelKeys } from './top-level-keys.js';

/** Bytes per element of every type the format knows. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

/** A safetensors element type. */
export type Dtype = keyof typeof DTYPE_BYTES;

/** Where a tensor's bytes are: `[begin, end)` within the file's data section. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A checked header. */
export interface SafetensorsHeader {
  /** In order of offset. */
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit on the header, in bytes. */
export const MOST_HEADER_BYTES = 100_000_000;

const MOST_TENSORS = 100_000;
const MOST_DIMENSIONS = 16;

/**
 * Parses and checks a safetensors header: every tensor is described fully, has the size its shape and type
 * call for, and the tensors fill the data section without gap or overlap.
 *
 * @param json the header's bytes
 * @param dataBytes size of the data section
 * @param file named in errors
 * @throws UbtError `SAFETENSORS_HEADER_INVALID`, `SAFETENSORS_DUPLICATE_NAME`, `SAFETENSORS_DTYPE_UNKNOWN`,
 *   `SAFETENSORS_SHAPE_INVALID`, `SAFETENSORS_OFFSETS_INVALID`, `SAFETENSORS_TRUNCATED`
 */
export function parseSafetensorsHeader(json: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  const fields = parseObject(json, file);
  const { __metadata__: metadata = {}, ...tensors } = fields;
  const names = Object.keys(tensors);
  if (names.length > MOST_TENSORS) {
    throw malformed(
      'SAFETENSORS_HEADER_INVALID',
      file,
      `${names.length} tensors are more than ${MOST_TENSORS}`,
    );
  }
  const entries = names.map((name) => parseEntry(name, tensors[name], file));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, dataBytes, file);
  return { entries, metadata: parseMetadata(metadata, file) };
}

/** Something wrong with a safetensors file; `tensor` is named where one is to blame. */
export function malformed(code: string, file: string, reason: string, tensor?: string): UbtError {
  const where = tensor === undefined ? file : `${file}: tensor "${printable(tensor)}"`;
  return new UbtError('invalid-argument', `${where}: ${reason}.`, {
    code,
    fix: 'Fetch or save the file again; it is damaged or was not written by a safetensors library.',
    violations: [{ field: tensor === undefined ? file : `${file}:${printable(tensor)}`, reason }],
  });
}

/** Names come from the file; a message must not carry a megabyte or control characters. */
function printable(name: string): string {
  const clean = name.replace(/[^\x20-\x7e]/g, '?');
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}

function parseObject(json: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    value = parseJson(text);
  } catch (error) {
    throw malformed(
      'SAFETENSORS_HEADER_INVALID',
      file,
      `the header cannot be read as JSON (${(error as Error).message})`,
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw malformed('SAFETENSORS_HEADER_INVALID', file, 'the header is not a JSON object');
  }
  // JSON.parse keeps the last of two equal keys and says nothing.
  const seen = new Set<string>();
  for (const key of topLevelKeys(text)) {
    if (seen.has(key)) throw malformed('SAFETENSORS_DUPLICATE_NAME', file, 'the name occurs twice', key);
    seen.add(key);
  }
  return value as Record<string, unknown>;
}

function parseEntry(name: string, value: unknown, file: string): TensorEntry {
  if (value === null || typeof value !== 'object') {
    throw malformed('SAFETENSORS_HEADER_INVALID', file, 'the description is not an object', name);
  }
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    throw malformed(
      'SAFETENSORS_DTYPE_UNKNOWN',
      file,
      `the type ${JSON.stringify(dtype)} is not known`,
      name,
    );
  }
  if (!isIndices(shape) || shape.length > MOST_DIMENSIONS) {
    throw malformed('SAFETENSORS_SHAPE_INVALID', file, 'the shape is not a list of whole numbers', name);
  }
  if (!isIndices(offsets) || offsets.length !== 2) {
    throw malformed('SAFETENSORS_OFFSETS_INVALID', file, 'data_offsets is not a pair of whole numbers', name);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, side) => product * side, DTYPE_BYTES[dtype as Dtype]);
  if (!Number.isSafeInteger(bytes)) {
    throw malformed('SAFETENSORS_SHAPE_INVALID', file, `the shape [${shape.join(', ')}] is too large`, name);
  }
  if (end - begin !== bytes) {
    throw malformed(
      'SAFETENSORS_OFFSETS_INVALID',
      file,
      `${dtype} [${shape.join(', ')}] takes ${bytes} bytes, but data_offsets span ${end - begin}`,
      name,
    );
  }
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

function checkCoverage(entries: readonly TensorEntry[], dataBytes: number, file: string): void {
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (end > dataBytes) {
      throw malformed(
        'SAFETENSORS_TRUNCATED',
        file,
        `it ends at byte ${end} of the data, of which the file holds ${dataBytes}`,
        name,
      );
    }
    if (begin < at) throw malformed('SAFETENSORS_OFFSETS_INVALID', file, 'it overlaps another tensor', name);
    if (begin > at) {
      throw malformed(
        'SAFETENSORS_OFFSETS_INVALID',
        file,
        `${begin - at} bytes before it belong to no tensor`,
        name,
      );
    }
    at = end;
  }
  if (at !== dataBytes) {
    throw malformed(
      'SAFETENSORS_OFFSETS_INVALID',
      file,
      `${dataBytes - at} bytes at the end belong to no tensor`,
    );
  }
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  const plain = value !== null && typeof value === 'object' && !Array.isArray(value);
  if (plain && Object.values(value).every((entry) => typeof entry === 'string'))
    return value as Record<string, string>;
  throw malformed('SAFETENSORS_HEADER_INVALID', file, '__metadata__ is not an object of strings');
}

function isIndices(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}
