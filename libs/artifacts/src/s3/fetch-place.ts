import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UbtError } from '@ubt/errors';
import { digestMismatch } from '../artifact-errors.js';
import { digestFile, digestFolder, digestOfFiles, type Digest, type FileDigest } from '../digest.js';
import { listFolder } from './describe-place.js';
import { digestsFolder, knownDigest, rememberDigest } from './known-digests.js';
import { readObject } from './read-object.js';
import { runLimited } from './run-limited.js';
import { FILES_AT_ONCE, type S3Context } from './s3-context.js';
import { placeBelow, s3Uri, type S3Place } from './s3-place.js';
import { objectHead } from './upload-file.js';

/** Copies that nobody asked for in this time make room. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/**
 * A local copy of the file or folder at a place, checked while it is written. Copies are kept by digest, and
 * taken again (and checked again) when the same content is asked for, or the same object.
 *
 * @param sha256 the digest it must have, if that is known
 * @returns a path that ends in the place's own name
 * @throws UbtError `ARTIFACT_DIGEST_MISMATCH`, `FILE_NOT_FOUND`, `DISK_FULL` …
 */
export async function fetchPlace(
  context: S3Context,
  place: S3Place,
  sha256: string | undefined,
): Promise<string> {
  const fetched = join(context.workFolder, 'fetched');
  const name = basename(place.key) || place.bucket;
  const likely = sha256 ?? (await likelyDigest(context, place));
  if (likely !== undefined) {
    const kept = await keptCopy(join(fetched, likely), name, likely);
    if (kept !== undefined) return kept;
  }
  await removeUnused(fetched);
  await removeUnused(digestsFolder(context.workFolder));
  const temporary = join(fetched, `.${randomUUID()}.tmp`);
  try {
    await mkdir(temporary, { recursive: true });
    const digest = await download(context, place, join(temporary, name));
    if (sha256 !== undefined && digest.sha256 !== sha256) {
      throw digestMismatch({ uri: s3Uri(place), sha256 }, digest);
    }
    return await keep(join(temporary, name), join(fetched, digest.sha256, name));
  } catch (error) {
    throw UbtError.from(error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function keptCopy(folder: string, name: string, sha256: string): Promise<string | undefined> {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const digest = found.isDirectory()
    ? await digestFolder(path, [await realpath(path)])
    : await digestFile(path);
  if (digest.sha256 === sha256) {
    await utimes(folder, new Date(), new Date());
    return path;
  }
  await rm(folder, { recursive: true, force: true });
  return undefined;
}

/** The digest that a place should have, as far as nothing has to be read for it. */
async function likelyDigest(context: S3Context, place: S3Place): Promise<string | undefined> {
  const { client, workFolder } = context;
  const head = await objectHead(client, place);
  if (head !== undefined) return head.sha256 ?? (await knownDigest(workFolder, place, head.tag))?.sha256;
  const { files: listed, manifest } = await listFolder(context, place);
  if (manifest !== undefined) return digestOfFiles(manifest).sha256;
  const files: FileDigest[] = [];
  for (const { path, tag } of listed) {
    const known = await knownDigest(workFolder, placeBelow(place, path), tag);
    if (known === undefined) return undefined;
    files.push({ path, ...known });
  }
  return digestOfFiles(files).sha256;
}

async function download(context: S3Context, place: S3Place, path: string): Promise<Digest> {
  const head = await objectHead(context.client, place);
  if (head !== undefined) return downloadObject(context, place, head.tag, path);
  const { files: listed } = await listFolder(context, place);
  const files: FileDigest[] = [];
  await mkdir(path);
  await runLimited(listed, FILES_AT_ONCE, async ({ path: file, tag }) => {
    const local = join(path, file);
    await mkdir(dirname(local), { recursive: true });
    files.push({ path: file, ...(await downloadObject(context, placeBelow(place, file), tag, local)) });
  });
  return digestOfFiles(files);
}

async function downloadObject(
  context: S3Context,
  place: S3Place,
  tag: string | undefined,
  path: string,
): Promise<Digest> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const bytes = readObject(context.client, place, {}, context.attempts, tag);
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  await pipeline(counted, createWriteStream(path));
  const digest = { sha256: hash.digest('hex'), sizeBytes };
  await rememberDigest(context.workFolder, place, tag, digest);
  return digest;
}

/** Another process may have fetched the same content meanwhile; then its copy is as good. */
async function keep(temporary: string, path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await rename(temporary, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  return path;
}

async function removeUnused(fetched: string): Promise<void> {
  for (const name of await readdir(fetched).catch(() => [])) {
    const used = await stat(join(fetched, name)).catch(() => undefined);
    if (used !== undefined && Date.now() - used.mtimeMs > KEPT_MS) {
      await rm(join(fetched, name), { recursive: true, force: true });
    }
  }
}
