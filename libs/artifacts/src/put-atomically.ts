import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UbtError } from '@ubt/errors';

/** The two steps at which a disk can still fail after everything was written. */
export interface DiskSteps {
  /** Forces a file's or folder's content onto the disk. */
  sync(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

/** The disk as it is. */
export const REAL_DISK: DiskSteps = { sync: syncPath, rename };

/**
 * Lets `write` fill a file or folder under a temporary name beside `path`, syncs it and renames it. On any
 * failure what was at `path` is there again and nothing else is left.
 *
 * @throws UbtError `DISK_FULL` …, or what `write` throws
 */
export async function putAtomically(
  path: string,
  kind: 'file' | 'folder',
  write: (temporary: string) => Promise<void>,
  disk: DiskSteps = REAL_DISK,
): Promise<void> {
  const parent = dirname(path);
  const hidden = join(parent, `.${basename(path)}.${randomUUID()}`);
  const temporary = `${hidden}.tmp`;
  try {
    await mkdir(kind === 'folder' ? temporary : parent, { recursive: true });
    await write(temporary);
    await syncTree(temporary, disk);
    await replace(temporary, path, `${hidden}.old.tmp`, disk);
    await disk.sync(parent);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw UbtError.from(error);
  }
}

/** Renames over what is there; a folder that is in the way steps aside first. */
async function replace(from: string, to: string, aside: string, disk: DiskSteps): Promise<void> {
  const isInTheWay = await disk.rename(from, to).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (['ENOTEMPTY', 'EEXIST', 'EISDIR', 'ENOTDIR'].includes(error.code ?? '')) return true;
      throw error;
    },
  );
  if (!isInTheWay) return;
  await disk.rename(to, aside);
  try {
    await disk.rename(from, to);
  } catch (error) {
    await disk.rename(aside, to);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

async function syncTree(path: string, disk: DiskSteps): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return [];
    throw error;
  });
  for (const entry of entries) {
    if (entry.isDirectory() || entry.isFile()) await syncTree(join(path, entry.name), disk);
  }
  await disk.sync(path);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
