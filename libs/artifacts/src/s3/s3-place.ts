import { posix } from 'node:path';
import { UbtError } from '@ubt/errors';
import { schemeUnsupported } from '../artifact-errors.js';

/** An object, or what all objects below a prefix have in common. */
export interface S3Place {
  readonly bucket: string;
  /** Without a slash at either end; empty for the whole bucket. */
  readonly key: string;
}

const URI = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s;

/** Whether a place is written as an S3 URI. */
export const isS3Uri = (place: string): boolean => /^s3:/i.test(place);

/**
 * Reads `s3://bucket/key`. Keys are taken literally; those that a file system would read as another path
 * (`..`, empty names) are refused.
 *
 * @throws UbtError `ARTIFACT_SCHEME_UNSUPPORTED`, `ARTIFACT_URI_INVALID`
 */
export function parseS3Uri(uri: string): S3Place {
  if (!isS3Uri(uri)) throw schemeUnsupported(uri, 'this store serves s3:// only', 'Use s3://bucket/key.');
  const [, bucket, written = ''] = URI.exec(uri) ?? [];
  const key = written.replace(/\/$/, '');
  if (bucket !== undefined && (key === '' || isPlainPath(key))) return { bucket, key };
  throw new UbtError('invalid-argument', `${uri} names no object: its bucket or key is not allowed.`, {
    code: 'ARTIFACT_URI_INVALID',
    fix: 'Use s3://bucket/name/of/object, without "..", "." and empty names.',
  });
}

/** The place as a URI. */
export const s3Uri = ({ bucket, key }: S3Place): string => `s3://${bucket}${key === '' ? '' : `/${key}`}`;

/** A place below another. */
export const placeBelow = ({ bucket, key }: S3Place, path: string): S3Place => ({
  bucket,
  key: key === '' ? path : `${key}/${path}`,
});

/** Whether it is a relative path that stays what it is on every file system. */
export function isPlainPath(path: string): boolean {
  if (/[\0-\x1f\\]/.test(path)) return false;
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}

/**
 * The place, when it lies in or below one of the roots.
 *
 * @param where it is written, such as `pairs.csv:17: `
 * @throws UbtError `PATH_OUTSIDE_ROOTS`
 */
export function insideRoots(roots: readonly S3Place[], place: S3Place, where = ''): S3Place {
  if (roots.some((root) => isBelow(root, place))) return place;
  const uri = s3Uri(place);
  throw new UbtError(
    'permission-denied',
    `${where}${uri} lies outside ${roots.map(s3Uri).join(', ') || 'all roots'}.`,
    {
      code: 'PATH_OUTSIDE_ROOTS',
      fix: 'Allow its bucket or prefix as a root (UBT_ARTIFACT_ROOTS).',
      violations: [{ field: uri, reason: 'lies outside the allowed roots' }],
    },
  );
}

/** The folder that an object lies in, as a URI. @throws UbtError `ARTIFACT_URI_INVALID` */
export function s3FolderOf(uri: string): string {
  const { bucket, key } = parseS3Uri(uri);
  return s3Uri({ bucket, key: key.includes('/') ? posix.dirname(key) : '' });
}

/**
 * Resolves names written in data files that mean objects: URIs as they are, others relative to a folder.
 *
 * @param roots URIs that the objects may lie below
 * @param folder URI that relative names count from; without one they are refused
 * @returns gives the URI of a name, refused when it leads out of the roots; throws `PATH_OUTSIDE_ROOTS` and
 *   `ARTIFACT_URI_INVALID`
 */
export function s3NamesBelow(roots: readonly string[], folder: string | undefined) {
  const allowed = roots.map(parseS3Uri);
  const base = folder === undefined ? undefined : parseS3Uri(folder);
  /** @param place where the name is written, such as `pairs.csv:17` */
  return (written: string, place: string): string => {
    const uri =
      isS3Uri(written) || base === undefined
        ? written
        : s3Uri({ bucket: base.bucket, key: posix.join(base.key, written) });
    return s3Uri(insideRoots(allowed, parseS3Uri(uri), `${place}: `));
  };
}

const isBelow = (root: S3Place, { bucket, key }: S3Place): boolean =>
  root.bucket === bucket && (root.key === '' || root.key === key || key.startsWith(`${root.key}/`));
