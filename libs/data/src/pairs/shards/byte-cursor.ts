import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { UbtError } from '@ubt/errors';
import { shardMalformed } from './shard-malformed.js';

/** Reads bytes from front to back. */
export interface ByteCursor {
  /** Where the next byte is. */
  readonly at: number;
  /** The next bytes; fewer at the end. */
  read(length: number): Promise<Buffer>;
  /** @returns how many bytes were there to be skipped */
  skip(length: number): Promise<number>;
  close(): Promise<void>;
}

const CHUNK_BYTES = 1 << 18;
/** Deflate can shrink zeros a thousandfold; pictures and captions stay far below this. */
const MOST_INFLATION = 200;
const FREE_INFLATION_BYTES = 1 << 26;

/** A cursor over a file: what is skipped is not read. */
export async function fileCursor(path: string): Promise<ByteCursor> {
  const file = await open(path, 'r').catch(rethrow);
  const { size } = await file.stat();
  let at = 0;
  let chunk: Buffer = Buffer.alloc(0);
  let chunkAt = 0;
  return {
    get at() {
      return at;
    },
    async read(length) {
      const from = at - chunkAt;
      if (from < 0 || from + length > chunk.length) {
        const wanted = Math.max(0, Math.min(Math.max(length, CHUNK_BYTES), size - at));
        const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, at).catch(rethrow);
        [chunk, chunkAt] = [buffer.subarray(0, bytesRead), at];
      }
      const bytes = chunk.subarray(at - chunkAt, at - chunkAt + length);
      at += bytes.length;
      return bytes;
    },
    skip(length) {
      const skipped = Math.max(0, Math.min(length, size - at));
      at += skipped;
      return Promise.resolve(skipped);
    },
    close: () => file.close(),
  };
}

/**
 * A cursor over a gzipped file's content.
 *
 * @throws UbtError `SHARD_MALFORMED` while reading: not gzip, cut off, or inflating without measure
 */
export function gzipCursor(path: string): ByteCursor {
  const source = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  source.on('error', (error) => gunzip.destroy(error));
  const chunks = source.pipe(gunzip)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let at = 0;
  let chunk: Buffer = Buffer.alloc(0);
  let inflated = 0;
  const next = async (): Promise<Buffer | undefined> => {
    const { done, value } = await chunks.next().catch((error: unknown) => {
      if (typeof (error as NodeJS.ErrnoException).syscall === 'string') throw UbtError.from(error);
      throw shardMalformed(path, at, `it is not readable as gzip (${(error as Error).message})`, error);
    });
    if (done === true) return undefined;
    inflated += value.length;
    if (inflated > FREE_INFLATION_BYTES && inflated > MOST_INFLATION * source.bytesRead) {
      throw shardMalformed(path, at, `it inflates more than ${MOST_INFLATION}-fold`);
    }
    return value;
  };
  const take = (length: number): Buffer => {
    const bytes = chunk.subarray(0, length);
    chunk = chunk.subarray(bytes.length);
    at += bytes.length;
    return bytes;
  };
  return {
    get at() {
      return at;
    },
    async read(length) {
      const parts = [chunk];
      for (let held = chunk.length; held < length;) {
        const part = await next();
        if (part === undefined) break;
        parts.push(part);
        held += part.length;
      }
      if (parts.length > 1) chunk = Buffer.concat(parts);
      return take(length);
    },
    async skip(length) {
      let left = length - take(length).length;
      while (left > 0) {
        const part = await next();
        if (part === undefined) break;
        chunk = part;
        left -= take(left).length;
      }
      return length - left;
    },
    close() {
      source.destroy();
      gunzip.destroy();
      return Promise.resolve();
    },
  };
}

function rethrow(error: unknown): never {
  throw UbtError.from(error);
}
