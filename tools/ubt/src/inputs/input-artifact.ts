import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Artifact } from '@ubt/contracts';
import { s3FolderOf } from '@ubt/artifacts';
import { foldersOfList } from '@ubt/data';
import { UbtError } from '@ubt/errors';

/** What kinds of input there are, as media types. */
export const MEDIA_TYPE = {
  model: 'application/vnd.ubt.clip-checkpoint',
  pairs: 'text/csv',
  images: 'application/vnd.ubt.labelled-images',
  classes: 'text/plain',
  templates: 'text/plain',
  trigger: 'application/vnd.ubt.trigger+json',
} as const;

const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/**
 * An input named on the command line, as a reference: a path of this machine, or a URI that the service can
 * read. The digest stays empty: the service computes and records it.
 *
 * @param option for the error, such as `--pairs`
 * @throws UbtError INPUT_NOT_FOUND
 */
export async function inputArtifact(option: string, given: string, mediaType: string): Promise<Artifact> {
  const uri = HAS_SCHEME.test(given) ? given : await existingFile(option, given);
  return { uri, sha256: '', sizeBytes: 0n, mediaType };
}

async function existingFile(option: string, given: string): Promise<string> {
  const path = resolve(given);
  await stat(path).catch((cause: unknown) => {
    throw new UbtError('not-found', `${option} ${given}: there is no such file or folder (${path}).`, {
      code: 'INPUT_NOT_FOUND',
      fix: 'Check the path.',
      violations: [{ field: option, reason: 'does not exist' }],
      cause,
    });
  });
  return pathToFileURL(path).href;
}

/**
 * What a service in this process must be allowed to read for these inputs: a folder itself, the folder that a
 * file lies in, because a manifest names images beside it, the folders of the shards that a list names, and the
 * same in S3, where the ending tells a file of pairs.
 */
export async function rootsOf(artifacts: readonly (Artifact | undefined)[]): Promise<string[]> {
  const paths = artifacts.flatMap((artifact) =>
    artifact?.uri.startsWith('file:') === true ? [fileURLToPath(artifact.uri)] : [],
  );
  const roots = await Promise.all(
    paths.map(async (path) => [
      (await stat(path)).isDirectory() ? path : dirname(path),
      ...(await foldersOfList(path)),
    ]),
  );
  const remote = artifacts.flatMap((artifact) =>
    artifact?.uri.startsWith('s3:') === true ? [remoteRoot(artifact.uri)] : [],
  );
  return [...new Set([...roots.flat(), ...remote])];
}

const PAIRS_FILE = /\.(?:csv|tsv|parquet|shards|tar|tar\.gz|tgz)$/i;

/** What must be readable in S3 for an input there: its own prefix, or the one that a file of pairs lies in. */
export function remoteRoot(uri: string): string {
  return PAIRS_FILE.test(uri) ? s3FolderOf(uri) : uri;
}
