import type { Artifact, Run } from '@ubt/contracts';
import { UbtError, type FieldViolation } from '@ubt/errors';

/** Fields that every mutating request has. */
export interface CommonRequest {
  readonly requestId: string;
  readonly run?: Run | undefined;
}

const RUN_ID = /^[a-z0-9-]{1,64}$/;
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * Checks the fields that all requests share, and that the artefacts they need are named.
 *
 * @param artifacts by field name; undefined ones are missing
 * @throws UbtError REQUEST_INVALID with every field that does not fit
 */
export function checkRequest(
  { requestId, run }: CommonRequest,
  artifacts: Readonly<Record<string, Artifact | undefined>>,
): void {
  const violations: FieldViolation[] = [];
  if (!REQUEST_ID.test(requestId)) {
    violations.push({ field: 'request_id', reason: 'must be 1 to 128 printable characters; use a UUID' });
  }
  if (run !== undefined && !RUN_ID.test(run.runId)) {
    violations.push({ field: 'run.run_id', reason: 'must be 1 to 64 characters of [a-z0-9-]' });
  }
  for (const [field, artifact] of Object.entries(artifacts)) {
    if (artifact === undefined || artifact.uri === '')
      violations.push({ field: `${field}.uri`, reason: 'is missing' });
    else if (!/^([0-9a-f]{64})?$/.test(artifact.sha256)) {
      violations.push({
        field: `${field}.sha256`,
        reason: 'must be 64 lower-case hexadecimal digits, or empty',
      });
    }
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  throw new UbtError('invalid-argument', `The request does not fit: ${list}.`, {
    code: 'REQUEST_INVALID',
    fix: 'Correct these fields.',
    violations,
  });
}
