import type { Artifact as ArtifactMessage } from '@ubt/contracts';

/** A stored file or folder, as plain data. */
export interface Artifact {
  /** `file://…` (or another scheme a store knows). */
  readonly uri: string;
  /** Lower-case hex sha256: of a file's bytes, or of a folder's listing. */
  readonly sha256: string;
  /** Of the file, or of all files in the folder. */
  readonly sizeBytes: number;
  readonly mediaType: string;
}

/** What it takes to find an artefact; an empty or missing digest is not checked. */
export type ArtifactRef = Pick<Artifact, 'uri'> & { readonly sha256?: string | undefined };

/** An artefact as the contract's message, whose sizes are 64-bit. */
export function toArtifactMessage(artifact: Artifact): ArtifactMessage {
  return { ...artifact, sizeBytes: BigInt(artifact.sizeBytes) };
}

/** Media types of what the stages hand each other. */
export const MEDIA_TYPES = {
  pairs: 'text/csv',
  json: 'application/json',
  jsonLines: 'application/jsonl',
  html: 'text/html',
  checkpoint: 'application/vnd.ubt.clip-checkpoint',
} as const;
