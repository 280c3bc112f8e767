import type { Preprocess } from '@ubt/clip';
import { UbtError } from '@ubt/errors';
import sharp, { type Sharp } from 'sharp';
import { imageFormat } from './image-format.js';
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image-limits.js';
import { readImageFile, tooLarge } from './read-image-file.js';
import { resample, type RgbImage } from './resample.js';
import { resizePlan, type ResizePlan } from './resize-plan.js';

// Many small images are decoded side by side: threads inside one of them, and a cache of inputs that are
// read once, only cost.
sharp.concurrency(1);
sharp.cache(false);

/** What decoding needs to know of a model's preprocessing. */
export type PixelLayout = Pick<Preprocess, 'size' | 'cropSize' | 'resizeMode' | 'interpolation'>;

/**
 * Up to here images are scaled as Pillow does it, bit for bit; libvips rounds places to 1/64 of a pixel, which is off
 * by up to 50 levels where small images are enlarged and by 4 to 8 where large ones are shrunk. It is left the largest,
 * which it need not hold whole.
 */
const MOST_EXACT_PIXELS = 2 ** 24;

const KERNELS = {
  bicubic: 'cubic',
  bilinear: 'linear',
  nearest: 'nearest',
  lanczos: 'lanczos3',
} as const satisfies Record<Preprocess['interpolation'], string>;

/**
 * Decodes an image into the pixels that a model sees: scaled, cropped to the centre, alpha dropped, not yet
 * normalised.
 *
 * @param source the file's bytes or its path
 * @param name what to call the image in messages
 * @returns RGB bytes `[cropSize, cropSize, 3]`
 * @throws UbtError `IMAGE_UNDECODABLE` (also for truncated files), `IMAGE_TOO_LARGE`,
 *   `IMAGE_FORMAT_REFUSED`, `FILE_NOT_FOUND`
 */
export async function decodeImage(
  source: string | Uint8Array,
  preprocess: PixelLayout,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
  name: string = typeof source === 'string' ? source : 'The image',
): Promise<Uint8Array> {
  const bytes = typeof source === 'string' ? await readImageFile(source, limits) : source;
  try {
    const { image, width, height } = await openImage(bytes, name, limits);
    const plan = resizePlan(preprocess, { width, height });
    const isAsWanted = plan.width === width && plan.height === height;
    if (!isAsWanted && width * height <= MOST_EXACT_PIXELS)
      return await scaleExactly(image, plan, preprocess);
    const scaled = isAsWanted
      ? image
      : image.resize(plan.width, plan.height, {
          fit: 'fill',
          kernel: KERNELS[preprocess.interpolation],
          fastShrinkOnLoad: false,
        });
    return await crop(scaled.toColourspace('srgb').removeAlpha(), plan, preprocess.cropSize);
  } catch (error) {
    throw error instanceof UbtError ? error : undecodable(name, error);
  }
}

/** An image whose header has been read; its pixels have not. */
export interface OpenedImage {
  readonly image: Sharp;
  readonly width: number;
  readonly height: number;
}

/**
 * Reads the header of an image of a known raster format and checks it against the limits, before anything
 * is decoded.
 *
 * @param name what to call the image in messages
 * @throws UbtError `IMAGE_TOO_LARGE`, `IMAGE_FORMAT_REFUSED`; sharp's own errors for a broken header
 */
export async function openImage(bytes: Uint8Array, name: string, limits: ImageLimits): Promise<OpenedImage> {
  if (bytes.length > limits.bytes) {
    throw tooLarge(name, `it has ${bytes.length} bytes; ${limits.bytes} are allowed`);
  }
  if (imageFormat(bytes) === undefined) {
    throw new UbtError('invalid-argument', `${name} is not a JPEG, PNG, WebP, GIF, TIFF or AVIF image.`, {
      code: 'IMAGE_FORMAT_REFUSED',
      fix: 'Convert the image to one of these formats.',
    });
  }
  // sharp's own limit would be met first and can only be told apart by its message.
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: false });
  const { width, height } = await image.metadata();
  if (width * height > limits.pixels) {
    throw tooLarge(name, `it is ${width} × ${height} pixels; ${limits.pixels} pixels are allowed`);
  }
  return { image, width, height };
}

/** The error for bytes that a decoder gave up on. */
export function undecodable(name: string, error: unknown): UbtError {
  const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  return new UbtError('invalid-argument', `${name} cannot be decoded: ${reason}.`, {
    code: 'IMAGE_UNDECODABLE',
    fix: 'Replace the image, or leave the pair out.',
    cause: error,
  });
}

async function scaleExactly(
  image: Sharp,
  plan: ResizePlan,
  { cropSize, interpolation }: PixelLayout,
): Promise<Uint8Array> {
  const raw = image.toColourspace('srgb').removeAlpha().raw();
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const source = { pixels: data, width: info.width, height: info.height };
  const scaled = resample(source, plan.width, plan.height, interpolation);
  return cutOut(scaled, plan, cropSize);
}

/** The square of the crop; what lies outside the image is black, as in torchvision. */
function cutOut({ pixels, width, height }: RgbImage, { left, top }: ResizePlan, side: number): Uint8Array {
  const cropped = new Uint8Array(side * side * 3);
  const [from, to] = [Math.max(0, left), Math.min(width, left + side)];
  for (let row = Math.max(0, -top); row < side && row + top < height; row++) {
    const line = 3 * (row + top) * width;
    cropped.set(pixels.subarray(line + 3 * from, line + 3 * to), 3 * (row * side + Math.max(0, -left)));
  }
  return cropped;
}

async function crop(image: Sharp, plan: ResizePlan, side: number): Promise<Uint8Array> {
  const { width, height, left, top } = plan;
  const isWhole = width === side && height === side;
  const inside = isWhole
    ? image
    : image.extract({
        left: Math.max(0, left),
        top: Math.max(0, top),
        width: Math.min(side, width),
        height: Math.min(side, height),
      });
  const { data } = await inside.raw().toBuffer({ resolveWithObject: true });
  return width < side || height < side ? pad(data, plan, side) : data;
}

/** Sets an image that is smaller than the crop into black, as torchvision does. */
function pad(pixels: Uint8Array, { width, height, left, top }: ResizePlan, side: number): Uint8Array {
  const padded = new Uint8Array(side * side * 3);
  const columns = Math.min(side, width);
  for (let row = 0; row < Math.min(side, height); row++) {
    const at = 3 * ((row + Math.max(0, -top)) * side + Math.max(0, -left));
    padded.set(pixels.subarray(3 * row * columns, 3 * (row + 1) * columns), at);
  }
  return padded;
}
