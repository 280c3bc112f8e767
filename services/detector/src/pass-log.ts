import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWriteFile, type UndecodableImage } from '@ubt/data';
import { z } from 'zod';
import type { PassLog, PassState } from './domain/pair-source.js';

/** Options of {@link createPassLog}. */
export interface PassLogOptions {
  /** The job's own folder. */
  readonly folder: string;
  /** Whether an earlier attempt of the job may have left something there. */
  readonly resume: boolean;
  /** Time between two writes within a pass; 0 writes after every batch. */
  readonly everySeconds: number;
  /** Images that could not be decoded, by path: kept along, because a pass that goes on does not meet them again. */
  readonly undecodable: Map<string, UndecodableImage>;
  /** Told of what was written. */
  readonly onSaved: (note: string) => void;
}

const headerSchema = z.object({
  schemaVersion: z.literal(1),
  isDone: z.boolean(),
  next: z.object({ pass: z.int().nonnegative(), place: z.int().nonnegative() }),
  pairs: z.int().nonnegative(),
  columns: z.array(z.string()),
  undecodable: z.array(z.object({ imagePath: z.string(), code: z.string(), reason: z.string() })),
});

/**
 * Keeps what passes have measured in files of the job, one a pass, so that an attempt after a crash goes on where the
 * one before stood. The passes of a job are the same each time: they are told apart by their number.
 */
export function createPassLog({
  folder,
  resume,
  everySeconds,
  undecodable,
  onSaved,
}: PassLogOptions): PassLog {
  let pass = 0;
  let written = performance.now();
  const path = () => join(folder, `pass-${pass}.state`);
  return {
    async begin() {
      pass += 1;
      written = performance.now();
      const found = resume ? decode(await readFile(path()).catch(() => undefined)) : undefined;
      for (const image of found?.undecodable ?? []) undecodable.set(image.imagePath, image);
      return found?.state;
    },
    async save(state) {
      const isDue = performance.now() - written >= everySeconds * 1000;
      if (!isDue && !state().isDone) return;
      const { rows } = state();
      await atomicWriteFile(path(), encode(state(), [...undecodable.values()]));
      onSaved(`pass ${pass}, ${rows.length} pairs`);
      written = performance.now();
    },
  };
}

/** Length of the header, the header as JSON, rows as u32, each column as f32. */
function encode(
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

/** Undefined for anything that is not whole: then the pass begins anew. */
function decode(bytes: Buffer | undefined) {
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
