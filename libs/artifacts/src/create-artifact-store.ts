import type { ArtifactStore } from './artifact-store.js';
import { createFileStore } from './file-store.js';
import type { S3Settings } from './s3/s3-client.js';
import { insideRoots, isS3Uri, parseS3Uri } from './s3/s3-place.js';

/** Options of {@link createArtifactStore}. */
export interface ArtifactStoreOptions {
  /** Folders and `s3://bucket/prefix` that artefacts may be read from, besides `writeRoot`. */
  readonly roots: readonly string[];
  /** A folder or `s3://bucket/prefix`: where new artefacts go. */
  readonly writeRoot: string;
  /** Local folder for copies of artefacts that are kept elsewhere; made when it is needed. */
  readonly workFolder: string;
  readonly s3?: S3Settings;
}

/**
 * The store of a stage: reads from folders and from S3, by the URI, and writes to one of them. What S3 needs is
 * loaded when the first `s3://` URI is met.
 */
export function createArtifactStore({
  roots,
  writeRoot,
  workFolder,
  s3,
}: ArtifactStoreOptions): ArtifactStore {
  const writesToS3 = isS3Uri(writeRoot);
  const files = createFileStore({
    roots: roots.filter((root) => !isS3Uri(root)),
    writeRoot: writesToS3 ? workFolder : writeRoot,
  });
  const s3Roots = roots.filter(isS3Uri);
  if (writesToS3) s3Roots.unshift(writeRoot);
  // A root that cannot be read is told when the stage starts, not when a job does.
  const s3Places = s3Roots.map(parseS3Uri);
  let remote: Promise<ArtifactStore> | undefined;
  const loadRemote = async (): Promise<ArtifactStore> => {
    const { createS3Store } = await import('./s3/s3-store.js');
    const [first = '', ...others] = s3Roots;
    return createS3Store({
      writeRoot: first,
      roots: others,
      workFolder,
      ...(s3 === undefined ? {} : { settings: s3 }),
    });
  };
  const storeFor = async (place: string): Promise<ArtifactStore> => {
    if (!isS3Uri(place)) return files;
    insideRoots(s3Places, parseS3Uri(place));
    return (remote ??= loadRemote());
  };
  return {
    describe: async (place, mediaType) => (await storeFor(place)).describe(place, mediaType),
    fetch: async (ref) => (await storeFor(ref.uri)).fetch(ref),
    openRead: async (ref, range) => (await storeFor(ref.uri)).openRead(ref, range),
    putFile: async (...put) => (await storeFor(writeRoot)).putFile(...put),
    putFolder: async (...put) => (await storeFor(writeRoot)).putFolder(...put),
    find: async (...place) => (await storeFor(writeRoot)).find(...place),
    remove: async (name) => (await storeFor(writeRoot)).remove(name),
    exists: async (ref) => (await storeFor(ref.uri)).exists(ref),
  };
}
