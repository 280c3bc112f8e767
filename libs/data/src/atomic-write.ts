import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UbtError } from '@ubt/errors';

/**
 * Lets `write` fill a file that appears under `path` only when complete: it is written under a temporary
 * name in the same folder (which is made), synced and renamed. When anything fails, a file already at
 * `path` stays as it was and the temporary one is removed.
 *
 * @returns what `write` returned
 * @throws UbtError `DISK_FULL`, `FILE_ACCESS_DENIED` …
 */
export async function atomicWrite<Result>(
  path: string,
  write: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, 'wx');
    let result: Result;
    try {
      result = await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw UbtError.from(error);
  }
}

/** Writes a whole file so that it appears complete or not at all; see {@link atomicWrite}. */
export async function atomicWriteFile(path: string, content: string | Uint8Array): Promise<void> {
  await atomicWrite(path, (file) => file.writeFile(content));
}

/** Makes a rename durable; a folder that cannot be synced (some network volumes) is left to its system. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
