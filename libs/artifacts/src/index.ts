export { MEDIA_TYPES, toArtifactMessage, type Artifact, type ArtifactRef } from './artifact.js';
export type { ArtifactStore } from './artifact-store.js';
export type { ByteRange } from './checked-stream.js';
export { createArtifactStore, type ArtifactStoreOptions } from './create-artifact-store.js';
export { digestFile, digestFolder, type Digest } from './digest.js';
export { createFileStore, type FileStoreOptions } from './file-store.js';
export { isBelow, realPathBelow, resolveBelow } from './path-roots.js';
export type { S3Settings } from './s3/s3-client.js';
export { isS3Uri, s3FolderOf, s3NamesBelow } from './s3/s3-place.js';
