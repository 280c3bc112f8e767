import { UbtError } from '@ubt/errors';
import type { Artifact, ArtifactRef } from './artifact.js';

/** Content that is not what a reference means. */
export function digestMismatch({ uri, sha256 }: ArtifactRef, found: Pick<Artifact, 'sha256'>): UbtError {
  return new UbtError(
    'data-loss',
    `${uri} is not what was meant: its digest is ${found.sha256}, expected ${sha256}.`,
    {
      code: 'ARTIFACT_DIGEST_MISMATCH',
      fix: 'Write the artefact again, or name the digest it has now if the change was intended.',
      violations: [{ field: 'sha256', reason: 'does not match the content' }],
    },
  );
}

/** A place whose kind of URI is not served. */
export function schemeUnsupported(place: string, reason: string, fix: string, cause?: unknown): UbtError {
  return new UbtError('invalid-argument', `${place} cannot be read: ${reason}.`, {
    code: 'ARTIFACT_SCHEME_UNSUPPORTED',
    fix,
    cause,
  });
}

/** A name that leads out of the store. */
export function invalidName(name: string, root: string): UbtError {
  return new UbtError('invalid-argument', `"${name}" is no name below ${root}.`, {
    code: 'ARTIFACT_NAME_INVALID',
    fix: 'Use a relative path without "..".',
  });
}
