import { UbtError } from '@ubt/errors';
import type { ArtifactRef } from './artifact.js';
import type { ArtifactStore } from './artifact-store.js';

/**
 * Refuses an artefact that is not there or may not be read, without reading it: a call is answered at once, and
 * what lies in S3 is fetched by the job.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `PATH_OUTSIDE_ROOTS`, `ARTIFACT_SCHEME_UNSUPPORTED`
 */
export async function requireArtifact(store: ArtifactStore, { uri }: ArtifactRef): Promise<void> {
  if (await store.exists({ uri })) return;
  throw new UbtError('not-found', `${uri} is not there.`, { code: 'FILE_NOT_FOUND', fix: 'Check the URI.' });
}
