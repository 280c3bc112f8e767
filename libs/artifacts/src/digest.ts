import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UbtError } from '@ubt/errors';
import { realPathBelow } from './path-roots.js';

/** Digest and size of a file or folder. */
export interface Digest {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Digest of a file's bytes; memory does not grow with the file. */
export async function digestFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
  });
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** A file of a folder, with its digest. */
export interface FileDigest extends Digest {
  /** Relative, `/` between names. */
  readonly path: string;
}

/**
 * Digest of a folder: sha256 over one line `["path",size,"sha256"]` per file, sorted by the bytes of the
 * path (relative, `/` between names). Times, owners, permissions and empty folders do not count. Links to
 * files inside the roots count as those files.
 *
 * @param roots folders that the files may lie in, links resolved first: a folder artefact may be one itself
 * @throws UbtError `ARTIFACT_ENTRY_REFUSED` (devices, links to folders), `PATH_OUTSIDE_ROOTS`
 */
export async function digestFolder(folder: string, roots: readonly string[]): Promise<Digest> {
  return digestOfFiles(await digestFiles(folder, roots));
}

/** Every file of a folder with its digest; what {@link digestFolder} says of links holds. */
export async function digestFiles(folder: string, roots: readonly string[]): Promise<FileDigest[]> {
  const files: FileDigest[] = [];
  const real = await Promise.all(roots.map((root) => realpath(root)));
  for (const path of await listFiles(folder)) {
    files.push({ path, ...(await digestFile(await realPathBelow(real, join(folder, path)))) });
  }
  return files;
}

/** The digest of a folder that has these files. */
export function digestOfFiles(files: readonly FileDigest[]): Digest {
  const hash = createHash('sha256');
  const sorted = [...files].sort((one, other) => compareBytes(one.path, other.path));
  for (const { path, sizeBytes, sha256 } of sorted) {
    hash.update(`${JSON.stringify([path, sizeBytes, sha256])}\n`);
  }
  const sizeBytes = files.reduce((total, file) => total + file.sizeBytes, 0);
  return { sha256: hash.digest('hex'), sizeBytes };
}

const compareBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

/** Relative paths of all files below a folder, sorted by their bytes. */
async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const visit = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile() || (await isLinkToFile(join(folder, path)))) files.push(path);
      else throw refused(join(folder, path));
    }
  };
  await visit('');
  return files.sort(compareBytes);
}

async function isLinkToFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

function refused(path: string): UbtError {
  return new UbtError('invalid-argument', `${path} is neither a file nor a folder.`, {
    code: 'ARTIFACT_ENTRY_REFUSED',
    fix: 'Keep only files, folders and links to files in an artefact.',
  });
}
