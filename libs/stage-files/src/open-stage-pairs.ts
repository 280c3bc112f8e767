import { openPairs, type PairManifest, type RemotePairs } from '@ubt/data';

/** What a stage reads pairs with. */
export interface StagePairs {
  readonly store: RemotePairs['store'];
  /** URI that the pairs were fetched from: what they name is relative to it. */
  readonly uri: string;
  /** Folders and `s3://` prefixes that shards and images may lie in. */
  readonly artifactRoots: readonly string[];
  /** The job's own folder, for temporary files. */
  readonly scratchDir: string;
}

/**
 * Opens the pairs of a subject, from this machine or from S3: all stages number their rows alike.
 *
 * @param path where the store has put them
 * @throws UbtError what `openPairs` throws
 */
export async function openStagePairs(
  path: string,
  { store, uri, artifactRoots, scratchDir }: StagePairs,
): Promise<PairManifest> {
  const roots = artifactRoots.filter((root) => !/^s3:/i.test(root));
  return openPairs(path, { roots, scratchDir, remote: { store, uri, roots: artifactRoots } });
}
