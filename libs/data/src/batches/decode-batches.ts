import { UbtError } from '@ubt/errors';
import { forEachParallel } from '../for-each-parallel.js';
import { decodeImage, type PixelLayout } from '../images/decode-image.js';
import { isImageFault } from '../images/image-fault.js';
import type { ImageLimits } from '../images/image-limits.js';
import { realPathBelow } from '../path-roots.js';
import { throwIfCancelled } from '../throw-if-cancelled.js';
import type { DecodeCache } from './decode-cache.js';

/** An image to decode. */
export interface ImageItem {
  readonly imagePath: string;
  /** Its place in the decode cache. */
  readonly slot: number;
}

/** An image that was left out. */
export interface UndecodableImage {
  readonly imagePath: string;
  readonly code: string;
  readonly reason: string;
}

/** Options of {@link decodeBatches} that callers pass through. */
export interface DecodeOptions {
  readonly preprocess: PixelLayout;
  /** Images in a batch. */
  readonly batchSize: number;
  readonly limits?: ImageLimits;
  /** Share of the images that may be undecodable before all of it fails; default 0.05. */
  readonly maxUndecodableShare?: number;
  /** Told of every image that is left out. */
  readonly onUndecodable?: (image: UndecodableImage) => void;
  readonly decodeCache?: DecodeCache;
  readonly signal?: AbortSignal;
}

/** Decoded images with what they belong to; `pixels` is `[items.length, side, side, 3]`. */
export interface DecodedBatch<Item> {
  readonly items: Item[];
  readonly pixels: Uint8Array;
}

const PARALLEL_DECODES = 8;
const NAMED_IMAGES = 5;

/**
 * Decodes images in order and groups them; only the last batch may be smaller. Images that cannot be decoded
 * are reported, left out, and their places filled by the next ones.
 *
 * @param total how many images there are, for the allowed share
 * @param roots real paths of the folders that images may lie in
 * @throws UbtError `TOO_MANY_UNDECODABLE`, `PATH_OUTSIDE_ROOTS`, `CANCELLED`
 */
export async function* decodeBatches<Item extends ImageItem>(
  source: AsyncIterable<Item>,
  total: number,
  roots: readonly string[],
  options: DecodeOptions,
): AsyncGenerator<DecodedBatch<Item>> {
  const { batchSize, preprocess } = options;
  const imageBytes = preprocess.cropSize ** 2 * 3;
  const faults: UndecodableImage[] = [];
  const allowed = Math.floor((options.maxUndecodableShare ?? 0.05) * total);
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const items: Item[] = [];
      const pixels = new Uint8Array(batchSize * imageBytes);
      for (let isLast = false; items.length < batchSize && !isLast;) {
        throwIfCancelled(options.signal);
        const wanted = await take(iterator, batchSize - items.length);
        isLast = wanted.length === 0;
        const decoded: (Uint8Array | undefined)[] = [];
        await forEachParallel(wanted.keys(), PARALLEL_DECODES, async (at) => {
          const result = await loadPixels(wanted[at]!, roots, options);
          if (result instanceof Uint8Array) decoded[at] = result;
          else faults.push(result);
        });
        if (faults.length > allowed) throw tooManyUndecodable(faults, total, allowed);
        wanted.forEach((item, at) => {
          if (decoded[at] === undefined) return;
          pixels.set(decoded[at], items.length * imageBytes);
          items.push(item);
        });
      }
      if (items.length > 0) yield { items, pixels: pixels.subarray(0, items.length * imageBytes) };
      if (items.length < batchSize) return;
    }
  } finally {
    await iterator.return?.();
  }
}

async function take<Item>(iterator: AsyncIterator<Item>, count: number): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    items.push(value);
  }
  return items;
}

/** Pixels from the cache or the file; tells of an image that cannot be decoded. */
async function loadPixels(
  { imagePath, slot }: ImageItem,
  roots: readonly string[],
  { preprocess, limits, decodeCache, onUndecodable }: DecodeOptions,
): Promise<Uint8Array | UndecodableImage> {
  const known = await decodeCache?.get(slot);
  if (known instanceof Uint8Array) return known;
  try {
    const pixels = await decodeImage(await realPathBelow(roots, imagePath), preprocess, limits);
    await decodeCache?.put(slot, pixels);
    return pixels;
  } catch (error) {
    if (!isImageFault(error)) throw error;
    const image = { imagePath, code: error.code, reason: error.message };
    if (known === undefined) onUndecodable?.(image);
    await decodeCache?.put(slot, 'undecodable');
    return image;
  }
}

function tooManyUndecodable(faults: readonly UndecodableImage[], total: number, allowed: number): UbtError {
  const named = faults.slice(0, NAMED_IMAGES);
  return new UbtError(
    'invalid-argument',
    `${faults.length} of ${total} images cannot be decoded, ${allowed} are allowed: ${named.map(({ reason }) => reason).join(' ')}`,
    {
      code: 'TOO_MANY_UNDECODABLE',
      fix: 'Repair or remove these images, or allow a larger share.',
      violations: named.map(({ imagePath, reason }) => ({ field: imagePath, reason })),
    },
  );
}
