import { augmentImages, type PairBatch } from '@ubt/clip';
import { seededRandom } from '@ubt/engine';

/** Largest move of an image, as a share of its side. */
const SHIFT_SHARE = 0.1;

/**
 * The retain images mirrored and moved, differently in every step and alike after a resume. What an image's embedding
 * is to stay can be read from the suspect for any image, so varied ones hold the model in place between the pairs as
 * well as on them.
 *
 * @param step names the variation
 */
export function varyImages(batch: PairBatch, step: number): PairBatch {
  const augmentation = { flip: 0.5, shift: Math.round(SHIFT_SHARE * batch.imageSize) };
  const pixels = augmentImages(batch.pixels, batch.imageSize, augmentation, seededRandom(step));
  return { ...batch, pixels };
}
