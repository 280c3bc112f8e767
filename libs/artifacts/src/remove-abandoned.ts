import { lstat, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';

/** Where to look, and what counts as abandoned. */
export interface AbandonedOptions {
  /** Time in which nothing of it may have changed; a day unless told. Nobody pauses for so long in a write. */
  readonly olderThanMs?: number;
  /** The time, in milliseconds since 1970. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

const A_DAY_MS = 24 * 3600 * 1000;
/** Names under which artefacts are written; the first group is the name that they are to have, if they have one. */
const HIDDEN = /^\.(?:(.+)\.)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(tmp|link|version|old\.version)$/;

/**
 * Removes what killed processes have left in a folder of artefacts while they wrote: files and folders under hidden
 * names that nothing leads to, that have not changed for long, and that no process of this machine has open. (Of other
 * machines with the same volume, and of other users where /proc does not tell, only the age is known.) What is an
 * artefact, or was one that a failed exchange has set aside, stays.
 *
 * @param root the folder; none is as good as an empty one
 * @returns what was removed
 * @throws UbtError FILE_ACCESS_DENIED …, `signal`'s reason
 */
export async function removeAbandoned(root: string, options: AbandonedOptions = {}): Promise<string[]> {
  const { olderThanMs = A_DAY_MS, now = Date.now, signal } = options;
  const latest = now() - olderThanMs;
  const old: string[] = [];
  for await (const path of leftovers(root, signal)) {
    if ((await lastChange(path)) <= latest) old.push(path);
  }
  const inUse = old.length === 0 ? [] : await openPaths();
  const removed = old.filter((path) => !inUse.some((open) => open === path || open.startsWith(`${path}/`)));
  for (const path of removed) {
    signal?.throwIfAborted();
    await rm(path, { recursive: true, force: true }).catch(rethrow);
  }
  return removed;
}

/** Hidden entries that are no artefact. Folders that artefacts consist of are not looked into. */
async function* leftovers(folder: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  signal?.throwIfAborted();
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(noneWhenMissing)) {
    const [matched, name, kind] = HIDDEN.exec(entry.name) ?? [];
    if (matched === undefined) {
      if (entry.isDirectory()) yield* leftovers(join(folder, entry.name), signal);
    } else if (!(await isNeeded(folder, entry.name, name, kind))) yield join(folder, entry.name);
  }
}

/** Whether the place's link leads to a version, or nothing has taken the place of a folder that was set aside. */
async function isNeeded(folder: string, hidden: string, name = '', kind = ''): Promise<boolean> {
  const place = join(folder, name);
  if (kind === 'version') return (await readlink(place).catch(() => undefined)) === hidden;
  if (kind === 'old.version') return (await lstat(place).catch(() => undefined)) === undefined;
  return false;
}

/** When anything of a file or folder was last changed; the end of time for what is gone meanwhile. */
async function lastChange(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return Infinity;
  let last = Math.max(found.mtimeMs, found.ctimeMs);
  if (!found.isDirectory()) return last;
  for (const name of await readdir(path).catch(() => [])) {
    last = Math.max(last, await lastChange(join(path, name)));
  }
  return last;
}

/** What the processes of this machine have open, as far as one may know. */
async function openPaths(): Promise<string[]> {
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const paths = processes.map(async (process) => {
    const folder = join('/proc', process, 'fd');
    const descriptors = await readdir(folder).catch(() => []);
    return Promise.all(descriptors.map((name) => readlink(join(folder, name)).catch(() => '')));
  });
  return (await Promise.all(paths)).flat();
}

function noneWhenMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw UbtError.from(error);
}

function rethrow(error: unknown): never {
  throw UbtError.from(error);
}
