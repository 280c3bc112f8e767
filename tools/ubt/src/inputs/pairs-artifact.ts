import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Artifact } from '@ubt/contracts';
import { atomicWriteFile, expandBraces, hasBraces } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { inputArtifact, MEDIA_TYPE } from './input-artifact.js';

/**
 * The pairs named on the command line. A brace pattern of shards is no place that an artefact could have, so it
 * is kept as a `.shards` list, named after its content, which later commands find again. Whether shards in S3
 * are there is found out by the service.
 *
 * @param listsDir where such lists are kept
 * @throws UbtError INPUT_NOT_FOUND, SHARD_PATTERN_INVALID
 */
export async function pairsArtifact(given: string, listsDir: string): Promise<Artifact> {
  const isRemote = given.includes('://');
  const pattern = isRemote ? given : resolve(given);
  if (!hasBraces(given) || existsSync(pattern)) return inputArtifact('--pairs', given, MEDIA_TYPE.pairs);
  const missing = isRemote ? undefined : expandBraces(pattern).find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new UbtError('not-found', `--pairs ${given}: there is no ${missing}.`, {
      code: 'INPUT_NOT_FOUND',
      fix: 'Check the numbers between the braces.',
      violations: [{ field: '--pairs', reason: `${missing} does not exist` }],
    });
  }
  const name = createHash('sha256').update(pattern).digest('hex').slice(0, 16);
  const list = resolve(join(listsDir, `${name}.shards`));
  await atomicWriteFile(list, `${pattern}\n`);
  return { uri: pathToFileURL(list).href, sha256: '', sizeBytes: 0n, mediaType: MEDIA_TYPE.pairs };
}
