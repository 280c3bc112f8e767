export { MEDIA_TYPES, toArtifactMessage, type Artifact, type ArtifactRef } from './artifact.js';
export type { ArtifactStore } from './artifact-store.js';
export { digestFile, digestFolder, type Digest } from './digest.js';
export { createFileStore, type FileStoreOptions } from './file-store.js';
export { isBelow, realPathBelow, resolveBelow } from './path-roots.js';
