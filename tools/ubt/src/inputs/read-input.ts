import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createArtifactStore, isS3Uri } from '@ubt/artifacts';
import { foldersOfList, hasBraces, type RemotePairs } from '@ubt/data';
import type { CliConfig } from '../config.js';
import { remoteRoot } from './input-artifact.js';
import { pairsArtifact } from './pairs-artifact.js';

/** An input that this process reads itself, not a service. */
export interface ReadInput {
  /** Where it is on this machine; of what lies in S3, its copy, not to be written to. */
  readonly path: string;
  /** Folders that it may name files in, beside its own. */
  readonly roots: readonly string[];
  /** How what it names in S3 is read. */
  readonly remote: RemotePairs;
}

/**
 * An input named on the command line: a path of this machine as it is, or `s3://`, copied below the data folder once
 * as long as it stays the same. What it names may lie where a service started here might read it: in its own folder
 * or prefix, and below UBT_ARTIFACT_ROOTS.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `ARTIFACT_URI_INVALID`, `S3_…`
 */
export async function readInput(given: string, config: CliConfig): Promise<ReadInput> {
  const isRemote = isS3Uri(given);
  const own = isRemote ? [remoteRoot(given)] : await foldersOfList(given);
  const roots = [...own, ...config.artifactRoots];
  const store = createArtifactStore({
    ...{ roots, writeRoot: config.dataDir, workFolder: join(config.dataDir, 's3'), s3: config.s3 },
  });
  return {
    path: isRemote ? await store.fetch({ uri: given }) : given,
    roots: roots.filter((root) => !isS3Uri(root)),
    remote: { store, roots, uri: isRemote ? given : undefined },
  };
}

/**
 * The same for pairs: a pattern of shards in S3 is kept as a list of them.
 *
 * @throws UbtError `SHARD_PATTERN_INVALID`, and what {@link readInput} throws
 */
export async function readPairsInput(given: string, config: CliConfig): Promise<ReadInput> {
  if (!isS3Uri(given) || !hasBraces(given)) return readInput(given, config);
  const list = await pairsArtifact(given, join(config.dataDir, 'lists'));
  return readInput(fileURLToPath(list.uri), config);
}
