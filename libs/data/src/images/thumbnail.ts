import { UbtError } from '@ubt/errors';
import { openImage, undecodable } from './decode-image.js';
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-limits.js';
import { readImageFile } from './read-image-file.js';

/**
 * A small version of an image, to be embedded in a page.
 *
 * @param source the file's bytes or its path
 * @param px longest side of the result; smaller images are not enlarged
 * @returns a `data:image/webp;base64,…` URI
 * @throws UbtError as `decodeImage` does
 */
export async function thumbnail(
  source: string | Uint8Array,
  px: number,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
): Promise<string> {
  const name = typeof source === 'string' ? source : 'The image';
  const bytes = typeof source === 'string' ? await readImageFile(source, limits) : source;
  try {
    const { image } = await openImage(bytes, name, limits);
    const small = await image
      .resize(px, px, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 85 })
      .toBuffer();
    return `data:image/webp;base64,${small.toString('base64')}`;
  } catch (error) {
    throw error instanceof UbtError ? error : undecodable(name, error);
  }
}
