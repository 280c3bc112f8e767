import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import { openUnnamedFile } from './open-unnamed-file.js';

/** A temporary file to append to and read from. */
export interface ScratchFile {
  /** Appends bytes. @returns where they begin */
  append(bytes: Uint8Array): Promise<number>;
  /** Bytes that were appended; fewer at the end. */
  read(at: number, length: number): Promise<Buffer>;
  /** Gives the disk space back. */
  close(): Promise<void>;
}

const FLUSH_BYTES = 1 << 20;

/**
 * Opens a file that has no name while in use (where the system allows that), so that not even a killed process
 * leaves it behind.
 *
 * @param folder where its bytes are; it is made
 * @throws UbtError `DISK_FULL`, `FILE_ACCESS_DENIED` …
 */
export async function createScratchFile(folder: string): Promise<ScratchFile> {
  const path = join(folder, `ubt-scratch-${randomUUID()}`);
  const file = await openUnnamedFile(folder, path);
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let written = 0;
  const flush = async (): Promise<void> => {
    if (pendingBytes === 0) return;
    const whole = Buffer.concat(pending, pendingBytes);
    [pending, pendingBytes] = [[], 0];
    for (let done = 0; done < whole.length;) {
      const { bytesWritten } = await file.write(whole, done, whole.length - done, written).catch(rethrow);
      done += bytesWritten;
      written += bytesWritten;
    }
  };
  return {
    async append(bytes) {
      const at = written + pendingBytes;
      pending.push(bytes);
      pendingBytes += bytes.length;
      if (pendingBytes >= FLUSH_BYTES) await flush();
      return at;
    },
    async read(at, length) {
      await flush();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at).catch(rethrow);
      return buffer.subarray(0, bytesRead);
    },
    async close() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

function rethrow(error: unknown): never {
  throw UbtError.from(error);
}
