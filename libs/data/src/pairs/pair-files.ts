import { open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { realPathBelow, resolveBelow } from '@ubt/artifacts';
import { UbtError } from '@ubt/errors';
import { expandBraces, hasBraces } from './shards/expand-braces.js';

/** A file of pairs as it was named, and where it is. */
export interface PairFile {
  /** As written: relative to the folder or list that names it. */
  readonly name: string;
  /** Real path. */
  readonly path: string;
}

/** What a place holds. */
export interface PairFiles {
  readonly kind: 'table' | 'shards' | 'parquet';
  readonly files: readonly PairFile[];
  /** Real paths of the folders that may be read; relative image paths count from the first. */
  readonly roots: readonly string[];
}

const SHARD = /\.(?:tar|tar\.gz|tgz)$/i;
const PARQUET = /\.parquet$/i;
const LIST = /\.shards$/i;
const MOST_LIST_BYTES = 1 << 26;

/**
 * Finds out what a place holds: a CSV or TSV, a tar or Parquet file, a brace pattern of them, a `.shards` list of
 * such names (one a line), or a folder of them (in the order of their names; tar files go first).
 *
 * @param roots further folders that may be read
 * @throws UbtError `FILE_NOT_FOUND`, `PAIRS_EMPTY`, `PAIRS_UNSUPPORTED`, `SHARD_PATTERN_INVALID`,
 *   `PATH_OUTSIDE_ROOTS`
 */
export async function findPairFiles(place: string, roots: readonly string[]): Promise<PairFiles> {
  const path = resolve(place);
  const info = await stat(path).catch((error: unknown) => (hasBraces(place) ? undefined : rethrow(error)));
  if (info === undefined) return filesNamed([path], dirnameBeforeBraces(path), roots, place);
  if (info.isDirectory()) return filesOfFolder(path, roots);
  if (LIST.test(path)) return filesNamed(await readList(path), dirname(path), roots, path);
  const allowed = await realRoots([dirname(path), ...roots]);
  const file = { name: path.slice(dirname(path).length + 1), path };
  return {
    kind: SHARD.test(path) ? 'shards' : PARQUET.test(path) ? 'parquet' : 'table',
    files: [file],
    roots: allowed,
  };
}

/**
 * The folders that the shards of a `.shards` list lie in; none for any other file.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `PAIRS_MALFORMED`
 */
export async function foldersOfList(path: string): Promise<string[]> {
  if (!LIST.test(path)) return [];
  const names = (await readList(path)).map((name) => resolve(dirname(path), name));
  return [...new Set(names.map((name) => (hasBraces(name) ? dirnameBeforeBraces(name) : dirname(name))))];
}

/** Whether the name of a file says that its content is gzipped. */
export function isGzipped(path: string): boolean {
  return /\.(?:gz|tgz)$/i.test(path);
}

async function filesOfFolder(folder: string, roots: readonly string[]): Promise<PairFiles> {
  const names = (await readdir(folder).catch(rethrow)).filter((name) => !name.startsWith('.')).sort();
  const shards = names.filter((name) => SHARD.test(name));
  const parquet = names.filter((name) => PARQUET.test(name));
  if (shards.length === 0 && parquet.length === 0) {
    throw new UbtError('invalid-argument', `${folder} holds neither tar nor Parquet files.`, {
      code: 'PAIRS_UNSUPPORTED',
      fix: 'Give a CSV or TSV file, a folder of webdataset shards, or a folder of Parquet files.',
    });
  }
  return filesNamed(shards.length > 0 ? shards : parquet, folder, roots, folder);
}

async function filesNamed(
  patterns: readonly string[],
  folder: string,
  roots: readonly string[],
  place: string,
): Promise<PairFiles> {
  const allowed = await realRoots([folder, ...roots]);
  const names = patterns.flatMap((pattern) => expandBraces(pattern));
  const kind = names.every((name) => SHARD.test(name)) ? 'shards' : 'parquet';
  if (names.length === 0 || (kind === 'parquet' && !names.every((name) => PARQUET.test(name)))) {
    throw new UbtError(
      'invalid-argument',
      `${place} names ${names.length === 0 ? 'no files' : 'files of several or unknown kinds'}.`,
      {
        code: names.length === 0 ? 'PAIRS_EMPTY' : 'PAIRS_UNSUPPORTED',
        fix: 'Name tar files (.tar, .tar.gz, .tgz) or Parquet files, not both.',
      },
    );
  }
  const files: PairFile[] = [];
  for (const name of names) {
    const path = await realPathBelow(allowed, resolveBelow(allowed, name, place));
    files.push({ name: name.startsWith(`${folder}/`) ? name.slice(folder.length + 1) : name, path });
  }
  return { kind, files, roots: allowed };
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
