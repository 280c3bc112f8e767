import sharp from 'sharp';

/**
 * Writes RGB bytes `[height, width, 3]` as a PNG file. Light compression: writing thousands of small images
 * is bound by it.
 */
export async function writePng(
  path: string,
  pixels: Uint8Array,
  { height, width }: { height: number; width: number },
): Promise<void> {
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toFile(path);
}
