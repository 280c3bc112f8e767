import { createReadStream } from 'node:fs';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UbtError } from '@ubt/errors';
import { digestMismatch, invalidName, schemeUnsupported } from './artifact-errors.js';
import type { Artifact } from './artifact.js';
import type { ArtifactStore } from './artifact-store.js';
import { digestFile, digestFolder } from './digest.js';
import { checkedStream, type ByteRange } from './checked-stream.js';
import { isBelow, realPathBelow } from './path-roots.js';
import { putAtomically, REAL_DISK, removePlace, shownPath, type DiskSteps } from './put-atomically.js';

/** Options of {@link createFileStore}. */
export interface FileStoreOptions {
  /** Folders that artefacts may be read from, besides `writeRoot`. */
  readonly roots: readonly string[];
  /** Folder that new artefacts are written below; it is made when needed. */
  readonly writeRoot: string;
  /** For tests: a disk that fails. */
  readonly disk?: DiskSteps;
}

/**
 * Keeps artefacts as files and folders of this machine (or of a volume that the stages share), under
 * `file://` URIs. Links are followed before a path is compared with the roots.
 */
export function createFileStore({ roots, writeRoot, disk = REAL_DISK }: FileStoreOptions): ArtifactStore {
  const locate = async (place: string) =>
    realPathBelow(await realRoots([writeRoot, ...roots]), toPath(place));
  const examine = async (place: string, mediaType?: string): Promise<[string, Artifact]> => {
    const path = await locate(place);
    const isFolder = (await stat(path).catch(rethrow)).isDirectory();
    const digest = isFolder
      ? await digestFolder(path, await realRoots([writeRoot, ...roots])).catch(rethrow)
      : await digestFile(path).catch(rethrow);
    const uri = pathToFileURL(shownPath(path)).href;
    const type = mediaType ?? (isFolder ? 'inode/directory' : 'application/octet-stream');
    return [path, { uri, ...digest, mediaType: type }];
  };
  const describe = async (place: string, mediaType?: string): Promise<Artifact> =>
    (await examine(place, mediaType))[1];
  const put = async (
    name: string,
    kind: 'file' | 'folder',
    mediaType: string,
    write: (path: string) => Promise<void>,
  ) => {
    const path = await placeFor(name, writeRoot);
    await putAtomically(path, kind, write, disk);
    return describe(path, mediaType);
  };
  return {
    describe,
    async fetch(ref) {
      if (ref.sha256 === undefined || ref.sha256 === '') return locate(ref.uri);
      const [path, found] = await examine(ref.uri);
      if (found.sha256 !== ref.sha256) throw digestMismatch(ref, found);
      return path;
    },
    async openRead({ uri, sha256 }, range) {
      return checkedStream({ uri, sha256 }, createReadStream(await locate(uri), streamOptions(range)), range);
    },
    putFile: (name, mediaType, write) => put(name, 'file', mediaType, write),
    putFolder: (name, mediaType, write) => put(name, 'folder', mediaType, write),
    async find(name, mediaType) {
      return describe(pathOfName(name, writeRoot), mediaType).catch(undefinedWhenMissing);
    },
    async remove(name) {
      const path = pathOfName(name, writeRoot);
      const parent = realPathBelow(await realRoots([writeRoot]), dirname(path));
      if ((await parent.catch(undefinedWhenMissing)) !== undefined) await removePlace(path).catch(rethrow);
    },
    async exists(ref) {
      return (await locate(ref.uri).catch(undefinedWhenMissing)) !== undefined;
    },
  };
}

/** Node.js counts the last byte in. */
const streamOptions = (range: ByteRange = {}) => ({
  highWaterMark: 1 << 18,
  start: range.start ?? 0,
  ...(range.end === undefined ? {} : { end: range.end - 1 }),
});

/** Roots that do not exist hold nothing and are left out. */
async function realRoots(folders: readonly string[]): Promise<string[]> {
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  return real.filter((folder) => folder !== undefined);
}

/** A path, or the path that a file URI names. */
function toPath(place: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(place)?.[1]?.toLowerCase();
  if (scheme === undefined) return resolve(place);
  try {
    if (scheme === 'file') return fileURLToPath(place);
  } catch (error) {
    throw unsupported(place, 'it is not a file URI of this machine', error);
  }
  throw unsupported(place, `this store does not serve ${scheme}://`);
}

const unsupported = (place: string, reason: string, cause?: unknown) =>
  schemeUnsupported(place, reason, 'Use file:///absolute/path.', cause);

/** Where an artefact of this name goes: below the write root, also after links are followed. */
async function placeFor(name: string, writeRoot: string): Promise<string> {
  const path = pathOfName(name, writeRoot);
  await mkdir(dirname(path), { recursive: true }).catch(rethrow);
  await realPathBelow(await realRoots([writeRoot]), dirname(path));
  return path;
}

function pathOfName(name: string, writeRoot: string): string {
  const path = resolve(writeRoot, name);
  const isInside =
    name !== '' && !isAbsolute(name) && !name.includes('\0') && isBelow(resolve(writeRoot), path);
  if (isInside && path !== resolve(writeRoot)) return path;
  throw invalidName(name, writeRoot);
}

function undefinedWhenMissing(error: unknown): undefined {
  if (error instanceof UbtError && error.code === 'FILE_NOT_FOUND') return undefined;
  throw error;
}

function rethrow(error: unknown): never {
  throw UbtError.from(error);
}
