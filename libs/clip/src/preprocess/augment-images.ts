import type { SeededRandom } from '@ubt/engine';

/** How images are varied at random. */
export interface Augmentation {
  /** Probability that an image is mirrored, in [0, 1]. */
  readonly flip: number;
  /** Largest move along each axis, in pixels. */
  readonly shift: number;
}

/**
 * Mirrors and moves images at random; what moves in from outside repeats the border.
 *
 * @param pixels RGB bytes `[n, side, side, 3]`
 * @returns bytes of the same shape; `pixels` itself when nothing is asked for
 */
export function augmentImages(
  pixels: Uint8Array,
  side: number,
  { flip, shift }: Augmentation,
  random: SeededRandom,
): Uint8Array {
  if (flip === 0 && shift === 0) return pixels;
  const out = new Uint8Array(pixels.length);
  const length = side * side * 3;
  const clamp = (place: number) => Math.max(0, Math.min(side - 1, place));
  for (let image = 0; image < pixels.length; image += length) {
    const isMirrored = random.uniform() < flip;
    const moveX = random.int(2 * shift + 1) - shift;
    const moveY = random.int(2 * shift + 1) - shift;
    for (let row = 0, at = image; row < side; row++) {
      for (let column = 0; column < side; column++, at += 3) {
        const from = clamp(column - moveX);
        const source = image + 3 * (clamp(row - moveY) * side + (isMirrored ? side - 1 - from : from));
        out[at] = pixels[source]!;
        out[at + 1] = pixels[source + 1]!;
        out[at + 2] = pixels[source + 2]!;
      }
    }
  }
  return out;
}
