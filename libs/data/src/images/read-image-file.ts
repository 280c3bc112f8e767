import { open } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-limits.js';

/**
 * Reads an image file of bounded size.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `NOT_A_FILE`, `IMAGE_TOO_LARGE`
 */
export async function readImageFile(
  path: string,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > limits.bytes) throw tooLarge(path, `it has ${size} bytes; ${limits.bytes} are allowed`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw UbtError.from(error);
  }
}

/** The error for an image over a limit. */
export function tooLarge(name: string, why: string): UbtError {
  return new UbtError('invalid-argument', `${name} is too large: ${why}.`, {
    code: 'IMAGE_TOO_LARGE',
    fix: 'Scale the image down, or raise the limit if you trust it.',
  });
}
