import { decodeBatches, type DecodeOptions, type ReadImage } from '../batches/decode-batches.js';
import { prefetch } from '../batches/prefetch.js';
import type { LabelledImage, LabelledSet } from './labelled-set.js';

/** Some images of a labelled set. */
export interface LabelledBatch {
  /** Places of the images in the set. */
  readonly indices: number[];
  /** RGB bytes `[indices.length, side, side, 3]`. */
  readonly pixels: Uint8Array;
  /** Classes of the images. */
  readonly labels: number[];
}

/**
 * Decodes a labelled set batch by batch, the next ones ahead of time; undecodable images are left out. Only
 * the last batch may be smaller.
 *
 * @throws UbtError `TOO_MANY_UNDECODABLE`, `PATH_OUTSIDE_ROOTS`, `CANCELLED`
 */
export async function* labelledBatches(
  { images, readImage }: LabelledSet,
  options: DecodeOptions,
): AsyncGenerator<LabelledBatch> {
  const read: ReadImage<LabelledImage> = ({ imagePath }, limits) => readImage(imagePath, limits);
  const batches = decodeBatches(numbered(images), images.length, read, options);
  for await (const { items, pixels } of prefetch(batches, 2)) {
    yield { indices: items.map(({ slot }) => slot), pixels, labels: items.map(({ label }) => label) };
  }
}

async function* numbered(images: LabelledSet['images']) {
  for (const [slot, image] of images.entries()) yield { ...image, slot };
}
