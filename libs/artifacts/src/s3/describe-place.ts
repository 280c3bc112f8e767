import { createHash } from 'node:crypto';
import { UbtError } from '@ubt/errors';
import { digestOfFiles, type Digest, type FileDigest } from '../digest.js';
import { knownDigest, rememberDigest } from './known-digests.js';
import { isVersion, MANIFEST, parseManifest } from './folder-manifest.js';
import { listObjects, type ListedObject } from './list-objects.js';
import { readObject } from './read-object.js';
import { runLimited } from './run-limited.js';
import { FILES_AT_ONCE, type S3Context } from './s3-context.js';
import { isPlainPath, placeBelow, s3Uri, type S3Place } from './s3-place.js';
import { objectHead } from './upload-file.js';

/** What lies at a place. */
export type Described = Digest & { readonly isFolder: boolean };

/** A folder's files; digests only of one that has a manifest. */
export interface ListedFolder {
  readonly files: readonly Pick<ListedObject, 'path' | 'tag'>[];
  readonly manifest: readonly FileDigest[] | undefined;
}

/**
 * Digest and size of the object or folder at a place. A digest that was stored with the content is taken as it
 * is, since every fetch checks it; other content is read through, once as long as its tag stays.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `ARTIFACT_INCOMPLETE`, `S3_…`
 */
export async function describePlace(context: S3Context, place: S3Place): Promise<Described> {
  const head = await objectHead(context.client, place);
  if (head !== undefined) {
    const sha256 = head.sha256 ?? (await digestObject(context, place, head.tag)).sha256;
    return { isFolder: false, sizeBytes: head.sizeBytes, sha256 };
  }
  const { files: listed, manifest } = await listFolder(context, place);
  if (manifest !== undefined) return { isFolder: true, ...digestOfFiles(manifest) };
  const files: FileDigest[] = [];
  await runLimited(listed, FILES_AT_ONCE, async ({ path, tag }) => {
    files.push({ path, ...(await digestObject(context, placeBelow(place, path), tag)) });
  });
  return { isFolder: true, ...digestOfFiles(files) };
}

/**
 * The files of a folder. One that a store wrote is there when its manifest is; any other prefix is a folder of
 * what lies below it.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `ARTIFACT_INCOMPLETE`, `ARTIFACT_ENTRY_REFUSED`
 */
export async function listFolder(context: S3Context, place: S3Place): Promise<ListedFolder> {
  const objects = await listObjects(context.client, place);
  const hasManifest = objects.some(({ path }) => path === MANIFEST);
  if (objects.length === 0 || (isVersion(place.key) && !hasManifest)) throw notFound(place);
  if (!hasManifest) {
    const files = objects.map(({ path, tag }) => ({ path: plain(path, place), tag }));
    return { files, manifest: undefined };
  }
  const manifest = await readManifest(context, placeBelow(place, MANIFEST));
  assertComplete(manifest, objects, place);
  const tags = new Map(objects.map(({ path, tag }) => [path, tag]));
  return { files: manifest.map(({ path }) => ({ path, tag: tags.get(path) })), manifest };
}

async function readManifest(context: S3Context, place: S3Place): Promise<FileDigest[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of readObject(context.client, place, {}, context.attempts)) chunks.push(chunk);
  return parseManifest(Buffer.concat(chunks).toString('utf8'), s3Uri(place));
}

function assertComplete(
  files: readonly FileDigest[],
  objects: readonly ListedObject[],
  place: S3Place,
): void {
  const sizes = new Map(objects.map(({ path, sizeBytes }) => [path, sizeBytes]));
  const wrong = files.find(({ path, sizeBytes }) => sizes.get(path) !== sizeBytes);
  if (wrong === undefined) return;
  throw new UbtError('data-loss', `${s3Uri(place)}: ${wrong.path} is missing or has another size.`, {
    code: 'ARTIFACT_INCOMPLETE',
    fix: 'Write the artefact again.',
  });
}

async function digestObject(context: S3Context, place: S3Place, tag: string | undefined): Promise<Digest> {
  const known = await knownDigest(context.workFolder, place, tag);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of readObject(context.client, place, {}, context.attempts, tag)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  const digest = { sha256: hash.digest('hex'), sizeBytes };
  await rememberDigest(context.workFolder, place, tag, digest);
  return digest;
}

/** Keys are whatever somebody wrote; as paths of files they must not lead anywhere else. */
function plain(path: string, place: S3Place): string {
  if (isPlainPath(path)) return path;
  throw new UbtError(
    'invalid-argument',
    `${s3Uri(place)} has an object ${JSON.stringify(path)}, which is no path.`,
    {
      code: 'ARTIFACT_ENTRY_REFUSED',
      fix: 'Rename the object, without "..", "." and empty names.',
    },
  );
}

function notFound(place: S3Place): UbtError {
  return new UbtError('not-found', `${s3Uri(place)} is not there, or was never completed.`, {
    code: 'FILE_NOT_FOUND',
    fix: 'Check the URI.',
  });
}
