import { open, stat } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from '../../images/image-limits.js';
import { tooLarge } from '../../images/read-image-file.js';
import type { ScratchFile } from '../../scratch-file.js';
import { growable } from '../growable.js';
import type { PairFile } from '../pair-files.js';

/** A shard as it was when it was indexed. */
export interface IndexedShard extends PairFile {
  /** Gzipped: the images were copied into the scratch file. */
  readonly inScratch: boolean;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Remembers where images are: 16 bytes of memory each. */
export function createShardImages(shards: readonly IndexedShard[], scratch: ScratchFile) {
  const shardOf = growable(Uint32Array);
  const startOf = growable(Float64Array);
  const bytesOf = growable(Uint32Array);
  return {
    /** @param at −1 for an image over the limit that was not kept */
    add(shard: number, at: number, bytes: number): void {
      shardOf.push(shard);
      startOf.push(at);
      bytesOf.push(Math.min(bytes, 2 ** 32 - 1));
    },
    take() {
      const [shard, start, length] = [shardOf.take(), startOf.take(), bytesOf.take()];
      /** Reads an image by its place. @throws UbtError `IMAGE_TOO_LARGE`, `PAIRS_CHANGED` */
      return async (
        place: number,
        name: string,
        limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
      ): Promise<Uint8Array> => {
        const [at, bytes] = [start[place]!, length[place]!];
        if (bytes > limits.bytes || at < 0) {
          throw tooLarge(name, `it has ${bytes} bytes; ${limits.bytes} are allowed`);
        }
        const source = shards[shard[place]!]!;
        const read = source.inScratch ? await scratch.read(at, bytes) : await readPart(source, at, bytes);
        if (read.length === bytes) return read;
        throw changed(source.path);
      };
    },
  };
}

/** Size and time of a shard, to notice that it is another later. */
export async function indexedShard(file: PairFile, inScratch: boolean): Promise<IndexedShard> {
  const { size, mtimeMs } = await stat(file.path).catch(rethrow);
  return { ...file, inScratch, size, modifiedMs: mtimeMs };
}

async function readPart(shard: IndexedShard, at: number, bytes: number): Promise<Buffer> {
  const file = await open(shard.path, 'r').catch(rethrow);
  try {
    const { size, mtimeMs } = await file.stat();
    if (size !== shard.size || mtimeMs !== shard.modifiedMs) throw changed(shard.path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at).catch(rethrow);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function changed(path: string): UbtError {
  return new UbtError('data-loss', `${path} has changed since it was opened.`, {
    code: 'PAIRS_CHANGED',
    fix: 'Do not write to a shard while it is in use.',
  });
}

function rethrow(error: unknown): never {
  throw UbtError.from(error);
}
