import { s3FolderOf, s3NamesBelow, type ArtifactStore } from '@ubt/artifacts';
import type { ReadStore } from '../images/read-remote-image.js';

/** What it takes to read pairs, shards and images that lie in S3. */
export interface RemotePairs {
  readonly store: ReadStore & Pick<ArtifactStore, 'fetch' | 'exists'>;
  /** `s3://` URIs that may be read; others among them are passed over. */
  readonly roots: readonly string[];
  /** Where a pairs file was fetched from: relative names in it count from its folder. */
  readonly uri?: string | undefined;
}

/** Resolves names of objects; refuses all of them when nothing in S3 may be read. */
export type RemoteNames = (written: string, place: string) => string;

/** Names in files that lie in S3; `base` says whether relative ones count from there. */
export function remoteNames(remote: RemotePairs | undefined): RemoteNames {
  const base = remoteFolder(remote);
  return s3NamesBelow(
    (remote?.roots ?? []).filter((root) => /^s3:/i.test(root)),
    base,
  );
}

/** Folder in S3 that the pairs file was fetched from; undefined for one of this machine. */
export function remoteFolder(remote: RemotePairs | undefined): string | undefined {
  return remote?.uri !== undefined && /^s3:/i.test(remote.uri) ? s3FolderOf(remote.uri) : undefined;
}
