import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UbtError } from '@ubt/errors';

/**
 * Makes a folder that appears whole or not at all: `fill` writes into a hidden sibling, which is synced and
 * renamed; on any failure the sibling is removed.
 *
 * @throws UbtError `OUTPUT_EXISTS` when the folder is already there and not empty, `DISK_FULL` and the like from the system
 */
export async function writeFolder<T>(folder: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  const target = resolve(folder);
  await refuseExisting(target);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(temporary, { recursive: true });
    const result = await fill(temporary);
    await sync(temporary);
    await refuseExisting(target);
    await rename(temporary, target);
    await sync(dirname(target));
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw UbtError.from(error);
  }
}

/** Writes a file from pieces and syncs it to the disk. */
export async function writeSynced(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for await (const piece of pieces) await writeAll(handle, piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: Awaited<ReturnType<typeof open>>, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.byteLength - done, 2 ** 30));
    done += bytesWritten;
  }
}

async function refuseExisting(target: string): Promise<void> {
  const content = await readdir(target).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : [target],
  );
  if (content.length === 0) return;
  throw new UbtError('already-exists', `${target} exists already.`, {
    code: 'OUTPUT_EXISTS',
    fix: 'Choose another folder, or remove this one first.',
  });
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
