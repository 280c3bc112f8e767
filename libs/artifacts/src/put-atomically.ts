import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
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
 * Lets `write` fill a file or folder under a hidden name beside `path`, syncs it and puts it in its place, by
 * one rename. Whenever that is cut short, by a failure or by a crash, `path` is what it was or what it is to
 * be; after a failure nothing else is left.
 *
 * A folder can only be renamed to a name that is free. So the folder stays under its hidden name, a *version*,
 * and what is put in the place is a link to it ({@link shownPath} leads back).
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
  const written = kind === 'folder' ? `${hidden}.version` : `${hidden}.tmp`;
  const link = `${hidden}.link`;
  let isPlaced = false;
  try {
    await mkdir(kind === 'folder' ? written : parent, { recursive: true });
    await write(written);
    await syncTree(written, disk);
    if (kind === 'folder') await symlink(basename(written), link);
    const old = await replace(kind === 'folder' ? link : written, path, `${hidden}.old.version`, disk);
    isPlaced = true;
    await disk.sync(parent);
    if (old !== null) await rm(old, { recursive: true, force: true });
  } catch (error) {
    const made = isPlaced ? [] : [written, link];
    await Promise.all(made.map((name) => rm(name, { recursive: true, force: true })));
    throw UbtError.from(error);
  }
}

/** Removes what was put at a path: a file, or a folder's version behind the link that leads to it. */
export async function removePlace(path: string): Promise<void> {
  const version = await readlink(path).catch(() => null);
  await rm(path, { recursive: true, force: true });
  if (version === null) return;
  const behind = join(dirname(path), version);
  if (shownPath(behind) === path) await rm(behind, { recursive: true, force: true });
}

/** The path under which a file or folder was put that lies at (or below) the real path of a version. */
export function shownPath(real: string): string {
  return real.replace(/(^|\/)\.([^/]+)\.[0-9a-f-]{36}\.version(?=\/|$)/g, '$1$2');
}

/** Renames over what is there. @returns the folder that nothing leads to any more */
async function replace(from: string, to: string, aside: string, disk: DiskSteps): Promise<string | null> {
  const version = await readlink(to).catch(() => null);
  const isFolder = await disk.rename(from, to).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (['ENOTEMPTY', 'EEXIST', 'EISDIR'].includes(error.code ?? '')) return true;
      throw error;
    },
  );
  if (isFolder) return replaceFolder(from, to, aside, disk);
  // Only a link of ours: another's target is not ours to remove.
  return version !== null && shownPath(join(dirname(to), version)) === to ? join(dirname(to), version) : null;
}

/** A folder that somebody else has put there has to step aside: no rename can do that at once. */
async function replaceFolder(from: string, to: string, aside: string, disk: DiskSteps): Promise<string> {
  await disk.rename(to, aside);
  try {
    await disk.rename(from, to);
  } catch (error) {
    await disk.rename(aside, to);
    throw error;
  }
  return aside;
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
