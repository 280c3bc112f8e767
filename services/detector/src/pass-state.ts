import type { UndecodableImage } from '@ubt/data';
import { z } from 'zod';
import type { PassState } from './domain/pair-source.js';

const headerSchema = z.object({
  schemaVersion: z.literal(1),
  isDone: z.boolean(),
  next: z.object({ pass: z.int().nonnegative(), place: z.int().nonnegative() }),
  pairs: z.int().nonnegative(),
  columns: z.array(z.string()),
  undecodable: z.array(z.object({ imagePath: z.string(), code: z.string(), reason: z.string() })),
});

/**
 * What a pass, or a part of one, has measured, as bytes: length of the header, the header as JSON, rows as u32, each
 * column as f32.
 */
export function encodePassState(
  { isDone, next, rows, columns }: PassState,
  undecodable: readonly UndecodableImage[],
): Uint8Array {
  const names = Object.keys(columns);
  const header = { schemaVersion: 1, isDone, next, pairs: rows.length, columns: names, undecodable };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const arrays = [Uint32Array.from(rows), ...names.map((name) => Float32Array.from(columns[name]!))];
  return Buffer.concat([length, text, ...arrays.map((array) => new Uint8Array(array.buffer))]);
}

/** The same back; undefined for anything that is not whole. */
export function decodePassState(
  bytes: Buffer | undefined,
): { readonly state: PassState; readonly undecodable: readonly UndecodableImage[] } | undefined {
  if (bytes === undefined || bytes.length < 4) return undefined;
  const border = 4 + bytes.readUInt32LE();
  const header = headerOf(bytes.toString('utf8', 4, border));
  if (header === undefined) return undefined;
  const { isDone, next, pairs, columns: names, undecodable } = header;
  if (bytes.length !== border + 4 * pairs * (1 + names.length)) return undefined;
  const part = (at: number) =>
    Uint8Array.from(bytes.subarray(border + 4 * pairs * at, border + 4 * pairs * (at + 1))).buffer;
  const columns = Object.fromEntries(names.map((name, at) => [name, new Float32Array(part(at + 1))]));
  const state: PassState = { isDone, next, rows: [...new Uint32Array(part(0))], columns };
  return { state, undecodable };
}

function headerOf(text: string) {
  try {
    return headerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
