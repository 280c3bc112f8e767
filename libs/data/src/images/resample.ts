import type { Preprocess } from '@ubt/clip';

/** RGB bytes `[height, width, 3]`. */
export interface RgbImage {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A filter as Pillow has it: its half width, and its weight at a distance. */
interface Filter {
  readonly support: number;
  readonly weight: (distance: number) => number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const FILTERS: Record<Exclude<Preprocess['interpolation'], 'nearest'>, Filter> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: (x) => cubic(Math.abs(x)) },
  lanczos: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic with a = −0.5. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** Bits behind the point of Pillow's weights for 8-bit channels. */
const PRECISION = 22;

/**
 * Scales an image as Pillow does (`Image.resize`, 8 bits a channel: columns first, then rows, weights of 22 bits,
 * rounded and clipped after each), to the same bytes.
 */
export function resample(
  image: RgbImage,
  width: number,
  height: number,
  interpolation: Preprocess['interpolation'],
): RgbImage {
  if (interpolation === 'nearest') return nearest(image, width, height);
  const filter = FILTERS[interpolation];
  const wide = width === image.width ? image : scaleColumns(image, taps(image.width, width, filter));
  return height === image.height ? wide : scaleRows(wide, taps(image.height, height, filter));
}

/** For each place of the output: its first input, and the weights of the inputs from there. */
type Taps = readonly { readonly first: number; readonly weights: Int32Array }[];

function taps(from: number, to: number, { support, weight }: Filter): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + support * stretch + 0.5));
    const values = Array.from({ length: end - first }, (_, at) =>
      weight((at + first - centre + 0.5) / stretch),
    );
    const sum = values.reduce((total, value) => total + value, 0);
    const toFixed = (value: number) => Math.trunc(value * 2 ** PRECISION + (value < 0 ? -0.5 : 0.5));
    return { first, weights: Int32Array.from(values, (value) => toFixed(sum === 0 ? value : value / sum)) };
  });
}

function scaleColumns({ pixels, width, height }: RgbImage, columns: Taps): RgbImage {
  const scaled = new Uint8Array(columns.length * height * 3);
  for (let row = 0; row < height; row++) {
    columns.forEach(({ first, weights }, column) => {
      const out = 3 * (row * columns.length + column);
      weigh(pixels, 3 * (row * width + first), 3, weights, scaled, out);
    });
  }
  return { pixels: scaled, width: columns.length, height };
}

function scaleRows({ pixels, width }: RgbImage, rows: Taps): RgbImage {
  const scaled = new Uint8Array(width * rows.length * 3);
  rows.forEach(({ first, weights }, row) => {
    for (let column = 0; column < width; column++) {
      weigh(pixels, 3 * (first * width + column), 3 * width, weights, scaled, 3 * (row * width + column));
    }
  });
  return { pixels: scaled, width, height: rows.length };
}

/** One output pixel: inputs from `at` on, `stride` bytes apart. */
function weigh(
  pixels: Uint8Array,
  at: number,
  stride: number,
  weights: Int32Array,
  scaled: Uint8Array,
  out: number,
): void {
  const half = 1 << (PRECISION - 1);
  let [red, green, blue] = [half, half, half];
  for (let tap = 0, place = at; tap < weights.length; tap++, place += stride) {
    const weight = weights[tap]!;
    red += pixels[place]! * weight;
    green += pixels[place + 1]! * weight;
    blue += pixels[place + 2]! * weight;
  }
  scaled[out] = clip(red >> PRECISION);
  scaled[out + 1] = clip(green >> PRECISION);
  scaled[out + 2] = clip(blue >> PRECISION);
}

function clip(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function nearest({ pixels, width, height }: RgbImage, newWidth: number, newHeight: number): RgbImage {
  const scaled = new Uint8Array(newWidth * newHeight * 3);
  for (let row = 0; row < newHeight; row++) {
    const y = Math.trunc((row + 0.5) * (height / newHeight));
    for (let column = 0; column < newWidth; column++) {
      const at = 3 * (y * width + Math.trunc((column + 0.5) * (width / newWidth)));
      scaled.set(pixels.subarray(at, at + 3), 3 * (row * newWidth + column));
    }
  }
  return { pixels: scaled, width: newWidth, height: newHeight };
}
