import type { ByteCursor } from './byte-cursor.js';
import { shardMalformed } from './shard-malformed.js';

/** A regular file in a tar file. */
export interface TarEntry {
  readonly name: string;
  /** First byte of its content, in the (inflated) tar file. */
  readonly at: number;
  readonly bytes: number;
  /** Its content; may be called once, before the next entry is asked for. */
  read(): Promise<Buffer>;
}

const BLOCK = 512;
const LONGEST_EXTENSION_BYTES = 1 << 16;
const REGULAR = new Set(['0', '\0', '7']);

/**
 * The regular files of a tar file (ustar, GNU long names, pax), in order. Unlike tar libraries, which stream, it
 * tells where each file's content is, so that it can be read again without reading what is before it. Links
 * and folders are passed over; nothing is ever extracted.
 *
 * @param path for messages
 * @throws UbtError `SHARD_MALFORMED`
 */
export async function* tarEntries(cursor: ByteCursor, path: string): AsyncGenerator<TarEntry> {
  let extended: Extended = {};
  for (;;) {
    const headerAt = cursor.at;
    const block = await cursor.read(BLOCK);
    if (block.length === 0 || isZero(block)) return;
    if (block.length < BLOCK) throw shardMalformed(path, headerAt, 'the file ends within a header');
    if (!hasValidChecksum(block)) throw shardMalformed(path, headerAt, 'there is no tar header');
    const type = String.fromCharCode(block[156]!);
    const bytes = extended.size ?? size(block);
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw shardMalformed(path, headerAt, 'the size is no number');
    if (type === 'L' || type === 'x' || type === 'g' || type === 'K') {
      const content = await readExtension(cursor, path, bytes);
      if (type === 'L') extended = { ...extended, name: text(content) };
      else if (type === 'x') extended = { ...extended, ...parsePax(content) };
      continue;
    }
    const at = cursor.at;
    if (REGULAR.has(type)) {
      const name = extended.name ?? ustarName(block);
      yield { name, at, bytes, read: () => readAll(cursor, path, bytes) };
    }
    extended = {};
    const rest = at + Math.ceil(bytes / BLOCK) * BLOCK - cursor.at;
    if ((await cursor.skip(rest)) < rest) {
      throw shardMalformed(path, cursor.at, 'the file ends within a member');
    }
  }
}

/** What comes before a header and overrules it. */
interface Extended {
  readonly name?: string;
  readonly size?: number;
}

async function readAll(cursor: ByteCursor, path: string, bytes: number): Promise<Buffer> {
  const content = await cursor.read(bytes);
  if (content.length === bytes) return content;
  throw shardMalformed(path, cursor.at, 'the file ends within a member');
}

async function readExtension(cursor: ByteCursor, path: string, bytes: number): Promise<Buffer> {
  if (bytes > LONGEST_EXTENSION_BYTES) {
    throw shardMalformed(path, cursor.at, `an extended header has ${bytes} bytes`);
  }
  const content = await readAll(cursor, path, bytes);
  await cursor.skip(Math.ceil(bytes / BLOCK) * BLOCK - bytes);
  return content;
}

/** Records `length key=value\n`; others than path and size do not matter here. */
function parsePax(content: Buffer): Extended {
  let extended: Extended = {};
  for (let at = 0; at < content.length;) {
    const length = parseInt(content.toString('latin1', at, at + 20), 10);
    if (!(length > 0)) break;
    const record = content
      .toString('utf8', at, at + length)
      .replace(/^\d+ /, '')
      .replace(/\n$/, '');
    const border = record.indexOf('=');
    const [key, value] = [record.slice(0, border), record.slice(border + 1)];
    if (key === 'path') extended = { ...extended, name: value.replaceAll('\0', '') };
    if (key === 'size') extended = { ...extended, size: Number(value) };
    at += length;
  }
  return extended;
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

function hasValidChecksum(block: Buffer): boolean {
  let sum = 8 * 32;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at]!;
  return sum === octal(block.subarray(148, 156));
}

/** Octal digits, or base 256 where the first bit is set (files of 8 GiB and more). */
function size(block: Buffer): number {
  const field = block.subarray(124, 136);
  if ((field[0]! & 0x80) === 0) return octal(field);
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0]! & 0x7f);
}

function octal(field: Buffer): number {
  const digits = field.toString('latin1').replace(/\0.*$/s, '').trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

function ustarName(block: Buffer): string {
  const isUstar = block.toString('latin1', 257, 262) === 'ustar';
  const prefix = isUstar && block[262] === 0 ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
