import type { ArtifactStore } from '../artifact-store.js';
import { checkedStream } from '../checked-stream.js';
import { describePlace } from './describe-place.js';
import { fetchPlace } from './fetch-place.js';
import { isVersion, MANIFEST } from './folder-manifest.js';
import { listObjects } from './list-objects.js';
import { putFile, putFolder } from './put-artifact.js';
import { findArtifact } from './find-artifact.js';
import { readObject } from './read-object.js';
import { removeArtifact } from './remove-objects.js';
import { createS3Client, MAX_ATTEMPTS, type S3Settings } from './s3-client.js';
import type { S3Context } from './s3-context.js';
import { insideRoots, parseS3Uri, placeBelow, s3Uri, type S3Place } from './s3-place.js';
import { objectHead } from './upload-file.js';

/** Options of {@link createS3Store}. */
export interface S3StoreOptions {
  /** `s3://bucket` or `s3://bucket/prefix`: where artefacts may be read, besides `writeRoot`. */
  readonly roots: readonly string[];
  /** `s3://bucket` or `s3://bucket/prefix` that new artefacts are written below. */
  readonly writeRoot: string;
  /** Local folder for what is being written, and for copies of what was fetched. */
  readonly workFolder: string;
  readonly settings?: S3Settings;
}

const PART_BYTES = 16 * 2 ** 20;

/**
 * Keeps artefacts in S3, under `s3://` URIs. A file is an object; a folder is a prefix with a manifest. Nobody
 * imports this file but who uses it: the AWS SDK comes with it.
 */
export function createS3Store({
  roots,
  writeRoot,
  workFolder,
  settings = {},
}: S3StoreOptions): ArtifactStore {
  const context: S3Context = {
    client: createS3Client(settings),
    roots: [writeRoot, ...roots].map(parseS3Uri),
    writeRoot: parseS3Uri(writeRoot),
    workFolder,
    partBytes: settings.partBytes ?? PART_BYTES,
    attempts: settings.maxAttempts ?? MAX_ATTEMPTS,
  };
  const locate = (uri: string) => insideRoots(context.roots, parseS3Uri(uri));
  return {
    async describe(uri, mediaType) {
      const place = locate(uri);
      const { isFolder, ...digest } = await describePlace(context, place);
      const type = mediaType ?? (isFolder ? 'inode/directory' : 'application/octet-stream');
      return { uri: s3Uri(place), ...digest, mediaType: type };
    },
    fetch: async ({ uri, sha256 }) => fetchPlace(context, locate(uri), sha256 || undefined),
    openRead: async ({ uri, sha256 }, range) => {
      const bytes = await started(readObject(context.client, locate(uri), range ?? {}, context.attempts));
      return checkedStream({ uri, sha256 }, bytes, range);
    },
    putFile: (name, mediaType, write) => putFile(context, name, mediaType, write),
    putFolder: (name, mediaType, write) => putFolder(context, name, mediaType, write),
    find: (name, mediaType) => findArtifact(context, name, mediaType),
    remove: (name) => removeArtifact(context, name),
    exists: async ({ uri }) => isThere(context, locate(uri)),
  };
}

async function isThere({ client }: S3Context, place: S3Place): Promise<boolean> {
  if ((await objectHead(client, place)) !== undefined) return true;
  if (isVersion(place.key)) return (await objectHead(client, placeBelow(place, MANIFEST))) !== undefined;
  return (await listObjects(client, place, 1)).length > 0;
}

/** The same bytes, with the first of them asked for, so that an object that is not there is told at once. */
async function started(bytes: AsyncGenerator<Buffer>): Promise<AsyncIterable<Buffer>> {
  const first = await bytes.next();
  return (async function* () {
    if (first.done === true) return;
    yield first.value;
    yield* bytes;
  })();
}
