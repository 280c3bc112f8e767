import { existsSync } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { isS3Uri, realPathBelow, resolveBelow, s3FolderOf } from '@ubt/artifacts';
import { UbtError } from '@ubt/errors';
import { forEachParallel } from '../for-each-parallel.js';
import { remoteFolder, remoteNames, type RemotePairs } from './remote-pairs.js';
import { expandBraces, hasBraces } from './shards/expand-braces.js';

/** A file of pairs as it was named, and where it is. */
export interface PairFile {
  /** As written: relative to the folder or list that names it. */
  readonly name: string;
  /** Real path; of what lies in S3, of its copy. */
  readonly path: string;
  /** `s3://` URI of what lies there. */
  readonly uri?: string;
}

/** What a place holds. */
export interface PairFiles {
  readonly kind: 'table' | 'shards' | 'parquet';
  readonly files: readonly PairFile[];
  /** Real paths of the folders that may be read; relative image paths count from the first. */
  readonly roots: readonly string[];
  /** As given; of a fetched folder without its URI, because all that it holds lies here. */
  readonly remote: RemotePairs | undefined;
}

const SHARD = /\.(?:tar|tar\.gz|tgz)$/i;
const PARQUET = /\.parquet$/i;
const LIST = /\.shards$/i;
const MOST_LIST_BYTES = 1 << 26;
const FETCHES_AT_ONCE = 4;

/**
 * Finds out what a place holds: a CSV or TSV, a tar or Parquet file, a brace pattern of them, a `.shards` list of
 * such names (one a line), or a folder of them (in the order of their names; tar files go first).
 *
 * @param roots further folders that may be read
 * @param remote lets the place be one that was fetched from S3, and names be of objects there
 * @throws UbtError `FILE_NOT_FOUND`, `PAIRS_EMPTY`, `PAIRS_UNSUPPORTED`, `SHARD_PATTERN_INVALID`,
 *   `PATH_OUTSIDE_ROOTS`
 */
export async function findPairFiles(
  place: string,
  roots: readonly string[],
  remote?: RemotePairs,
): Promise<PairFiles> {
  const path = resolve(place);
  const info = await stat(path).catch((error: unknown) => (hasBraces(place) ? undefined : rethrow(error)));
  if (info?.isDirectory() === true) {
    const inside = remote && { store: remote.store, roots: remote.roots };
    return filesOfFolder(path, { roots: await realRoots([path, ...roots]), remote: inside }, path);
  }
  const base = remoteFolder(remote);
  const own = info === undefined ? dirnameBeforeBraces(path) : dirname(path);
  const where = { roots: await realRoots(base === undefined ? [own, ...roots] : roots), remote };
  if (info === undefined) return filesNamed([path], where, own, place);
  if (LIST.test(path)) return filesNamed(await readList(path), where, own, path);
  const file = { name: basename(path), path, ...(base === undefined ? {} : { uri: remote!.uri! }) };
  return { kind: kindOf([path]) ?? 'table', files: [file], ...where };
}

/**
 * The folders, or prefixes in S3, that the shards of a `.shards` list lie in; none for any other file.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `PAIRS_MALFORMED`
 */
export async function foldersOfList(path: string): Promise<string[]> {
  if (!LIST.test(path)) return [];
  const folders = (await readList(path)).map((written) => {
    const isRemote = isS3Uri(written);
    const name = isRemote ? written : resolve(dirname(path), written);
    const plain = hasBraces(name) ? `${name.slice(0, name.indexOf('{'))}x` : name;
    return isRemote ? s3FolderOf(plain) : dirname(plain);
  });
  return [...new Set(folders)];
}

/** Whether the name of a file says that its content is gzipped. */
export function isGzipped(path: string): boolean {
  return /\.(?:gz|tgz)$/i.test(path);
}

/**
 * The file of the same name with another ending, the first that is there; fetched when it lies in S3.
 *
 * @param endings with their dots
 */
export async function fileBeside(
  { name, path, uri }: PairFile,
  endings: readonly string[],
  remote: RemotePairs | undefined,
): Promise<PairFile | undefined> {
  const other = (of: string, ending: string) => of.replace(/\.(?:tar|tar\.gz|tgz|parquet)$/i, ending);
  for (const ending of endings) {
    if (uri === undefined) {
      const local = other(path, ending);
      if (existsSync(local)) return { name: other(name, ending), path: local };
      continue;
    }
    const ref = { uri: other(uri, ending) };
    if (!(await remote!.store.exists(ref))) continue;
    return { name: other(name, ending), path: await remote!.store.fetch(ref), uri: ref.uri };
  }
  return undefined;
}

async function filesOfFolder(folder: string, where: Where, place: string): Promise<PairFiles> {
  const names = (await readdir(folder).catch(rethrow)).filter((name) => !name.startsWith('.')).sort();
  const shards = names.filter((name) => SHARD.test(name));
  const parquet = names.filter((name) => PARQUET.test(name));
  if (shards.length === 0 && parquet.length === 0) {
    throw new UbtError('invalid-argument', `${folder} holds neither tar nor Parquet files.`, {
      code: 'PAIRS_UNSUPPORTED',
      fix: 'Give a CSV or TSV file, a folder of webdataset shards, or a folder of Parquet files.',
    });
  }
  return filesNamed(shards.length > 0 ? shards : parquet, where, folder, place);
}

/** What may be read. */
type Where = Pick<PairFiles, 'roots' | 'remote'>;

/** @param folder that relative names count from, and ids, where the names are of files of this machine */
async function filesNamed(
  patterns: readonly string[],
  where: Where,
  folder: string,
  place: string,
): Promise<PairFiles> {
  const names = patterns.flatMap((pattern) => expandBraces(pattern));
  const kind = kindOf(names);
  if (kind === undefined) {
    throw unsupported(
      place,
      names.length === 0 ? 'names no files' : 'names files of several or unknown kinds',
      names.length === 0 ? 'PAIRS_EMPTY' : 'PAIRS_UNSUPPORTED',
    );
  }
  const base = remoteFolder(where.remote);
  const isRemote = (name: string) => isS3Uri(name) || (base !== undefined && !isAbsolute(name));
  if (names.every(isRemote)) return { kind, files: await fetchFiles(names, where.remote, place), ...where };
  if (names.some(isRemote)) throw unsupported(place, 'names files of this machine and in S3');
  const files: PairFile[] = [];
  for (const name of names) {
    const path = await realPathBelow(where.roots, resolveBelow(where.roots, name, place));
    files.push({ name: name.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : name, path });
  }
  return { kind, files, ...where };
}

/** Local copies of files in S3, in the order of their names. */
async function fetchFiles(
  names: readonly string[],
  remote: RemotePairs | undefined,
  place: string,
): Promise<PairFile[]> {
  const locate = remoteNames(remote);
  const uris = names.map((name) => locate(name, place));
  const files: PairFile[] = [];
  await forEachParallel(uris.entries(), FETCHES_AT_ONCE, async ([at, uri]) => {
    files[at] = { name: names[at]!, path: await remote!.store.fetch({ uri }), uri };
  });
  return files;
}

function kindOf(names: readonly string[]): 'shards' | 'parquet' | undefined {
  if (names.length === 0) return undefined;
  if (names.every((name) => SHARD.test(name))) return 'shards';
  return names.every((name) => PARQUET.test(name)) ? 'parquet' : undefined;
}

function unsupported(place: string, what: string, code = 'PAIRS_UNSUPPORTED'): UbtError {
  return new UbtError('invalid-argument', `${place} ${what}.`, {
    code,
    fix: 'Name tar files (.tar, .tar.gz, .tgz) or Parquet files, not both, all of them here or all in S3.',
  });
}

/** The folder that all names of a pattern lie in. */
function dirnameBeforeBraces(pattern: string): string {
  return dirname(`${pattern.slice(0, pattern.indexOf('{'))}x`);
}

async function readList(path: string): Promise<string[]> {
  const file = await open(path, 'r').catch(rethrow);
  try {
    const { size } = await file.stat();
    if (size > MOST_LIST_BYTES) {
      throw new UbtError('invalid-argument', `${path} has ${size} bytes; ${MOST_LIST_BYTES} are allowed.`, {
        code: 'PAIRS_MALFORMED',
        fix: 'Name the shards by patterns such as {000..999}.tar.',
      });
    }
    const lines = (await file.readFile('utf8')).split(/\r\n|\n/).map((line) => line.trim());
    return lines.filter((line) => line !== '' && !line.startsWith('#'));
  } finally {
    await file.close();
  }
}

async function realRoots(folders: readonly string[]): Promise<string[]> {
  return Promise.all(folders.map((folder) => realpath(folder))).catch(rethrow);
}

function rethrow(error: unknown): never {
  throw UbtError.from(error);
}
