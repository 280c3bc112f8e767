import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import { MEDIA_TYPES, type Artifact } from '../artifact.js';
import { digestFile, digestFiles, digestOfFiles, type FileDigest } from '../digest.js';
import { describePlace } from './describe-place.js';
import { formatManifest, isVersion, MANIFEST, versionName } from './folder-manifest.js';
import { listObjects } from './list-objects.js';
import { runLimited } from './run-limited.js';
import { FILES_AT_ONCE, type S3Context } from './s3-context.js';
import { placeBelow, s3Uri, type S3Place } from './s3-place.js';
import { placeOfName } from './place-of-name.js';
import { removeObjects } from './remove-objects.js';
import { uploadFile } from './upload-file.js';

/** Fills what is at the path it is given. */
type Write = (path: string) => Promise<void>;

/** Writes a file here and uploads it; the object appears, or is replaced, as a whole. */
export async function putFile(
  context: S3Context,
  name: string,
  mediaType: string,
  write: Write,
): Promise<Artifact> {
  const place = placeOfName(context, name);
  return inWorkFolder(context, async (folder) => {
    const local = join(folder, 'file');
    await write(local);
    const digest = await digestFile(local);
    await uploadFile(context.client, place, { ...digest, local, mediaType }, context.partBytes);
    return { uri: s3Uri(place), ...digest, mediaType };
  });
}

/**
 * Writes a folder here and uploads it as a *version*, a prefix below its name that is called after the digest;
 * the manifest goes last. Earlier versions are removed after that, so that at any moment the old folder or the
 * new one is there, whole.
 */
export async function putFolder(
  context: S3Context,
  name: string,
  mediaType: string,
  write: Write,
): Promise<Artifact> {
  const named = placeOfName(context, name);
  return inWorkFolder(context, async (folder) => {
    const local = join(folder, 'folder');
    await mkdir(local);
    await write(local);
    const files = await digestFiles(local, [await realpath(local)]);
    const digest = digestOfFiles(files);
    const version = placeBelow(named, versionName(digest));
    if (!(await isThere(context, version, digest.sha256)))
      await uploadFolder(context, version, folder, files);
    // A server that lets nobody delete keeps them, which harms nobody.
    await removeOtherVersions(context, named, versionName(digest)).catch(() => undefined);
    return { uri: s3Uri(version), ...digest, mediaType };
  });
}

async function uploadFolder(
  context: S3Context,
  version: S3Place,
  folder: string,
  files: readonly FileDigest[],
): Promise<void> {
  const { client, partBytes } = context;
  await runLimited(files, FILES_AT_ONCE, async ({ path, ...digest }) => {
    const file = { ...digest, local: join(folder, 'folder', path), mediaType: 'application/octet-stream' };
    await uploadFile(client, placeBelow(version, path), file, partBytes);
  });
  const local = join(folder, 'manifest');
  await writeFile(local, formatManifest(files));
  const manifest = { ...(await digestFile(local)), local, mediaType: MEDIA_TYPES.json };
  await uploadFile(client, placeBelow(version, MANIFEST), manifest, partBytes);
}

/** The same content may be there already, from a job that was started again. */
async function isThere(context: S3Context, version: S3Place, sha256: string): Promise<boolean> {
  try {
    return (await describePlace(context, version)).sha256 === sha256;
  } catch (error) {
    const { code } = UbtError.from(error);
    if (['FILE_NOT_FOUND', 'ARTIFACT_INCOMPLETE', 'ARTIFACT_MANIFEST_INVALID'].includes(code)) return false;
    throw error;
  }
}

async function removeOtherVersions(context: S3Context, named: S3Place, version: string): Promise<void> {
  const { client } = context;
  const old = (await listObjects(client, named))
    .map(({ path }) => path)
    .filter((path) => isVersion(path.split('/')[0]!) && !path.startsWith(`${version}/`));
  await removeObjects(client, named, old);
}

/** What is being written stays in a folder of its own, and does not stay longer. */
async function inWorkFolder<T>({ workFolder }: S3Context, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(workFolder, `.${randomUUID()}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    return await run(folder);
  } catch (error) {
    throw UbtError.from(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
