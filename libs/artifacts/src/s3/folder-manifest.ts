import { UbtError } from '@ubt/errors';
import { digestOfFiles, type Digest, type FileDigest } from '../digest.js';
import { isPlainPath } from './s3-place.js';

/** The object that is written last below a folder's version: the folder is there when this is. */
export const MANIFEST = '.ubt-folder.json';

/** Whether the last name of a key is that of a folder's version. */
export const isVersion = (key: string): boolean => /(^|\/)v-[0-9a-f]{16}$/.test(key);

/** The name of the version of a folder with that digest. */
export const versionName = ({ sha256 }: Digest): string => `v-${sha256.slice(0, 16)}`;

/** The manifest of a folder with these files. */
export function formatManifest(files: readonly FileDigest[]): string {
  return `${JSON.stringify({ schemaVersion: 1, ...digestOfFiles(files), files }, null, 1)}\n`;
}

/**
 * The files that a manifest lists.
 *
 * @param place where it was read, for errors
 * @throws UbtError `ARTIFACT_MANIFEST_INVALID`
 */
export function parseManifest(text: string, place: string): FileDigest[] {
  const files = filesOf(text);
  if (files !== undefined) return files;
  throw new UbtError('data-loss', `${place} is not the manifest of a folder.`, {
    code: 'ARTIFACT_MANIFEST_INVALID',
    fix: 'Write the artefact again.',
  });
}

function filesOf(text: string): FileDigest[] | undefined {
  try {
    const { schemaVersion, files } = JSON.parse(text) as { schemaVersion: unknown; files: unknown };
    return schemaVersion === 1 && Array.isArray(files) && files.every(isFile) ? files : undefined;
  } catch {
    return undefined;
  }
}

function isFile(value: unknown): value is FileDigest {
  const { path, sizeBytes, sha256 } = (value ?? {}) as Partial<Record<keyof FileDigest, unknown>>;
  return (
    typeof path === 'string' &&
    isPlainPath(path) &&
    Number.isSafeInteger(sizeBytes) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}
