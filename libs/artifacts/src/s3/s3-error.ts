import { S3ServiceException } from '@aws-sdk/client-s3';
import { UbtError, type ErrorKind } from '@ubt/errors';
import { s3Uri, type S3Place } from './s3-place.js';

interface Meaning {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly what: string;
  readonly fix: string;
}

const MISSING: Meaning = {
  kind: 'not-found',
  code: 'FILE_NOT_FOUND',
  what: 'is not there',
  fix: 'Check the URI.',
};
const DENIED: Meaning = {
  ...{ kind: 'permission-denied', code: 'S3_ACCESS_DENIED', what: 'may not be used with these credentials' },
  fix: 'Grant them s3:GetObject, s3:ListBucket and, where results go, s3:PutObject and s3:DeleteObject.',
};
const CHANGED: Meaning = {
  ...{ kind: 'aborted', code: 'S3_OBJECT_CHANGED', what: 'was replaced while it was read' },
  fix: 'Read it again.',
};

const BY_NAME: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: {
    ...{ kind: 'not-found', code: 'S3_BUCKET_NOT_FOUND', what: 'lies in a bucket that is not there' },
    fix: 'Check the name of the bucket, the endpoint and the region.',
  },
  CredentialsProviderError: {
    ...{
      kind: 'unauthenticated',
      code: 'S3_CREDENTIALS_MISSING',
      what: 'needs credentials, and there are none',
    },
    fix: 'Give the process AWS credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role).',
  },
};
const BY_STATUS: Readonly<Record<number, Meaning>> = { 401: DENIED, 403: DENIED, 404: MISSING, 412: CHANGED };
const REFUSED: Meaning = {
  ...{ kind: 'invalid-argument', code: 'S3_REQUEST_REFUSED', what: 'was refused by the server' },
  fix: 'Check endpoint, region and path style.',
};
const UNAVAILABLE: Meaning = {
  ...{ kind: 'unavailable', code: 'S3_UNAVAILABLE', what: 'could not be reached' },
  fix: 'Check the endpoint and the network; the call was repeated already.',
};

/** A failure of the SDK as what it means for the object. */
export function s3Error(error: unknown, place: S3Place): UbtError {
  if (error instanceof UbtError) return error;
  const name = error instanceof Error ? error.name : '';
  const status = statusOf(error);
  const byStatus = status === undefined || isTransientStatus(status) ? UNAVAILABLE : REFUSED;
  const { kind, code, what, fix } = BY_NAME[name] ?? BY_STATUS[status ?? 0] ?? byStatus;
  const said = error instanceof Error && error.message !== '' ? `${name}: ${error.message}` : name;
  return new UbtError(kind, `${s3Uri(place)} ${what} (${said}).`, { code, fix, cause: error });
}

/** Whether the same call may succeed in a moment: the network, or a server in trouble. */
export function isTransient(error: unknown): boolean {
  if (error instanceof UbtError) return false;
  if (error instanceof Error && BY_NAME[error.name] !== undefined) return false;
  const status = statusOf(error);
  return status === undefined || isTransientStatus(status);
}

const isTransientStatus = (status: number) => status >= 500 || status === 408 || status === 429;

/** The answer's status; undefined when there was none, or when it broke off after a good start. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof S3ServiceException)) return undefined;
  const status = error.$metadata.httpStatusCode;
  return status !== undefined && status >= 300 ? status : undefined;
}
