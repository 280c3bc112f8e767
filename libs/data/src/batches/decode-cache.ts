import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import { openUnnamedFile } from '../open-unnamed-file.js';

/** Decoded pixels on disk, so that a second pass over a data set need not decode again. */
export interface DecodeCache {
  /** Bytes of one image. */
  readonly imageBytes: number;
  /** The pixels in a slot; `undecodable` where decoding failed before; undefined where nothing is known. */
  get(slot: number): Promise<Uint8Array | 'undecodable' | undefined>;
  put(slot: number, pixels: Uint8Array | 'undecodable'): Promise<void>;
  /** Gives the disk space back. */
  close(): Promise<void>;
}

/** 32 GiB: 220,000 images of 224 pixels. */
const MOST_CACHE_BYTES = 32 * 2 ** 30;

const UNKNOWN = 0;
const STORED = 1;
const UNDECODABLE = 2;

/**
 * Opens a cache of raw pixels in a file of its own; one byte a slot is held in memory. The file has no name
 * while in use (where the system allows that), so that not even a killed process leaves it behind. A full
 * disk is no failure: what does not fit is decoded again.
 *
 * @param folder where to keep the file; it is made
 * @param slots the largest number of images
 * @param imageSize side of the images in pixels
 * @param mostBytes how large the file may grow; what does not fit is decoded again
 */
export async function createDecodeCache(
  folder: string,
  slots: number,
  imageSize: number,
  mostBytes: number = MOST_CACHE_BYTES,
): Promise<DecodeCache> {
  const path = join(folder, `pixels-${randomUUID()}.u8`);
  const file = await openUnnamedFile(folder, path);
  const imageBytes = imageSize * imageSize * 3;
  const states = new Uint8Array(slots);
  let held = 0;
  return {
    imageBytes,
    async get(slot) {
      if (states[slot] === UNDECODABLE) return 'undecodable';
      if (states[slot] !== STORED) return undefined;
      const pixels = Buffer.allocUnsafe(imageBytes);
      const { bytesRead } = await file.read(pixels, 0, imageBytes, slot * imageBytes);
      return bytesRead === imageBytes ? pixels : undefined;
    },
    async put(slot, pixels) {
      if (pixels === 'undecodable') {
        states[slot] = UNDECODABLE;
        return;
      }
      if (held + imageBytes > mostBytes) return;
      held += imageBytes;
      const written = await file.write(pixels, 0, imageBytes, slot * imageBytes).catch(unlessDiskFull);
      states[slot] = written?.bytesWritten === imageBytes ? STORED : UNKNOWN;
    },
    async close() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

function unlessDiskFull(thrown: unknown): undefined {
  const error = UbtError.from(thrown);
  if (error.code !== 'DISK_FULL') throw error;
  return undefined;
}
