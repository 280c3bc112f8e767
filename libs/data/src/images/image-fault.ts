import { UbtError } from '@ubt/errors';

/** Codes of errors that mean: this one image cannot be used, the next one may. */
const IMAGE_FAULTS: ReadonlySet<string> = new Set([
  'IMAGE_UNDECODABLE',
  'IMAGE_TOO_LARGE',
  'IMAGE_FORMAT_REFUSED',
  'FILE_NOT_FOUND',
  'NOT_A_FILE',
]);

/** Whether a failure concerns only the image that was read. */
export function isImageFault(error: unknown): error is UbtError {
  return error instanceof UbtError && IMAGE_FAULTS.has(error.code);
}
