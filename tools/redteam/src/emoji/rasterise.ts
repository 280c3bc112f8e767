import sharp from 'sharp';
import type { Drawing } from './warp-drawing.js';

/**
 * Draws an SVG document into a square, keeping its proportions.
 *
 * @param side pixels
 */
export async function rasterise(svg: string, side: number): Promise<Drawing> {
  const { data } = await sharp(Buffer.from(svg), { density: 72 * Math.max(1, side / naturalSide(svg)) })
    .resize(side, side, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { rgba: premultiply(data), side };
}

/** The width the drawing asks for; rendering larger than that keeps small sets as sharp as large ones. */
function naturalSide(svg: string): number {
  return Number(/width="(\d+)"/.exec(svg)?.[1] ?? 128);
}

function premultiply(rgba: Uint8Array): Uint8Array {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3]! / 255;
    for (let channel = 0; channel < 3; channel++) rgba[at + channel] = rgba[at + channel]! * alpha;
  }
  return rgba;
}
