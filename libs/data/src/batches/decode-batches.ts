import { UbtError } from '@ubt/errors';
import { forEachParallel } from '../for-each-parallel.js';
import { decodeImage, type PixelLayout } from '../images/decode-image.js';
import { isImageFault } from '../images/image-fault.js';
import type { ImageLimits } from '../images/image-limits.js';
import { throwIfCancelled } from '../throw-if-cancelled.js';
import type { DecodeCache } from './decode-cache.js';

/** An image to decode. */
export interface ImageItem {
  readonly imagePath: string;
  /** Its place in the decode cache. */
  readonly slot: number;
  /** Whether the batch ends with it, full or not. */
  readonly endsStretch?: boolean;
}

/** Gives the bytes of an image, as stored. */
export type ReadImage<Item> = (item: Item, limits?: ImageLimits) => Promise<Uint8Array>;

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
  /** What the share is of, when these images are only part of it; the number of images unless told. */
  readonly shareOf?: number;
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

// Enough to keep the decoding threads busy while a training step holds the event loop.
const PARALLEL_DECODES = 32;
const NAMED_IMAGES = 5;

/**
 * Decodes images in order and groups them; only the last batch, and that at the end of a stretch, may be smaller. Images that cannot be decoded
 * are reported, left out, and their places filled by the next ones.
 *
 * @param total how many different images there are, for the allowed share; all being faulty always fails
 * @param read gives an image's bytes
 * @throws UbtError `TOO_MANY_UNDECODABLE`, `PATH_OUTSIDE_ROOTS`, `CANCELLED`
 */
export async function* decodeBatches<Item extends ImageItem>(
  source: AsyncIterable<Item>,
  total: number,
  read: ReadImage<Item>,
  options: DecodeOptions,
): AsyncGenerator<DecodedBatch<Item>> {
  const { batchSize, preprocess } = options;
  const imageBytes = preprocess.cropSize ** 2 * 3;
  const faults = createFaultCount(options.shareOf ?? total, options.maxUndecodableShare ?? 0.05);
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const items: Item[] = [];
      const pixels = new Uint8Array(batchSize * imageBytes);
      let last: Item | undefined;
      let isAtEnd = false;
      while (items.length < batchSize && last?.endsStretch !== true) {
        throwIfCancelled(options.signal);
        const wanted = await take(iterator, batchSize - items.length);
        last = wanted.at(-1);
        isAtEnd = last === undefined;
        if (isAtEnd) break;
        const results = await loadAll(wanted, read, options);
        wanted.forEach((item, at) => {
          const result = results[at]!;
          if (!(result instanceof Uint8Array)) return faults.add(item.slot, result);
          pixels.set(result, items.length * imageBytes);
          items.push(item);
        });
        faults.check();
      }
      if (items.length > 0) yield { items, pixels: pixels.subarray(0, items.length * imageBytes) };
      if (isAtEnd) return;
    }
  } finally {
    await iterator.return?.();
  }
}

async function loadAll<Item extends ImageItem>(
  items: readonly Item[],
  read: ReadImage<Item>,
  options: DecodeOptions,
): Promise<(Uint8Array | UndecodableImage)[]> {
  const results: (Uint8Array | UndecodableImage)[] = [];
  await forEachParallel(items.entries(), PARALLEL_DECODES, async ([at, item]) => {
    results[at] = await loadPixels(item, read, options);
  });
  return results;
}

/** The next items, up to the end of a stretch. */
async function take<Item extends ImageItem>(iterator: AsyncIterator<Item>, count: number): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < count && items.at(-1)?.endsStretch !== true) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    items.push(value);
  }
  return items;
}

/** Pixels from the cache or the file; tells of an image that cannot be decoded. */
async function loadPixels<Item extends ImageItem>(
  item: Item,
  read: ReadImage<Item>,
  { preprocess, limits, decodeCache, onUndecodable }: DecodeOptions,
): Promise<Uint8Array | UndecodableImage> {
  const { imagePath, slot } = item;
  const known = await decodeCache?.get(slot);
  if (known instanceof Uint8Array) return known;
  try {
    const pixels = await decodeImage(await read(item, limits), preprocess, limits, imagePath);
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

/** Counts different undecodable images and fails when they are more than allowed. */
function createFaultCount(total: number, maxShare: number) {
  const allowed = Math.floor(maxShare * total);
  const faults = new Map<number, UndecodableImage>();
  return {
    add: (slot: number, image: UndecodableImage): void => void faults.set(slot, image),
    check(): void {
      const hasNoneLeft = faults.size > 0 && faults.size === total;
      if (faults.size <= allowed && !hasNoneLeft) return;
      throw tooManyUndecodable(faults.size, total, maxShare, [...faults.values()]);
    },
  };
}

/** The error of a data set of which more than a share cannot be decoded; some images are named. */
export function tooManyUndecodable(
  faults: number,
  total: number,
  maxShare: number,
  images: readonly UndecodableImage[],
): UbtError {
  const named = images.slice(0, NAMED_IMAGES);
  const reasons = named.map(({ reason }) => reason).join(' ');
  const allowed = Math.floor(maxShare * total);
  return new UbtError(
    'invalid-argument',
    `${faults} of ${total} images cannot be decoded, ${allowed} are allowed: ${reasons}`,
    {
      code: 'TOO_MANY_UNDECODABLE',
      fix: 'Repair or remove these images, or allow a larger share.',
      violations: named.map(({ imagePath, reason }) => ({ field: imagePath, reason })),
    },
  );
}
