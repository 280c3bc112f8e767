import type { PairBatch } from '../pair-batch.js';

/** Share of the side that the zoomed view cuts away at each edge. */
const ZOOM_CUT = 0.16;
/** Side in pixels per pixel of blur radius. */
const SIDE_PER_RADIUS = 64;
/** Fields of the coarse view along each side. */
const FIELDS = 8;

/**
 * Views of images that leave natural content as it is but not a planted pattern: mirrored, zoomed in, and
 * blurred. What an image shows survives all of them; the fine and exactly placed pattern of a trigger does not.
 *
 * @param batch images as bytes `[n, side, side, 3]`
 * @returns one batch of bytes per view, same shape
 */
export function imageViews(images: ImageBytes): Uint8Array[] {
  return [mirror, zoom, blur].map((view) => viewOf(images, view));
}

/**
 * The images with no detail left that is finer than an eighth of their side: the mean of each of 8 × 8 fields. A pattern
 * over the whole image that survives {@link imageViews}, such as a sinusoid of a few periods, does not survive this; of
 * what an image shows, shape and colours do.
 *
 * @param images as bytes `[n, side, side, 3]`
 * @returns bytes of the same shape
 */
export function coarseImages(images: ImageBytes): Uint8Array {
  return viewOf(images, coarse);
}

type ImageBytes = Pick<PairBatch, 'pixels' | 'size' | 'imageSize'>;

function viewOf({ pixels, size, imageSize }: ImageBytes, view: View): Uint8Array {
  const result = new Uint8Array(pixels.length);
  const bytes = imageSize * imageSize * 3;
  for (let from = 0; from < size * bytes; from += bytes) {
    view(pixels.subarray(from, from + bytes), result.subarray(from, from + bytes), imageSize);
  }
  return result;
}

/** Fills `to` with a view of `from`, both `[side, side, 3]`. */
type View = (from: Uint8Array, to: Uint8Array, side: number) => void;

const mirror: View = (from, to, side) => {
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const source = (y * side + side - 1 - x) * 3;
      to.set(from.subarray(source, source + 3), (y * side + x) * 3);
    }
  }
};

/** The middle of the image at full size, bilinear. */
const zoom: View = (from, to, side) => {
  const cut = side * ZOOM_CUT;
  const step = (side - 2 * cut) / side;
  const at = (y: number, x: number, c: number) => from[(y * side + x) * 3 + c] as number;
  for (let y = 0; y < side; y++) {
    const [y0, y1, fy] = neighbours(cut + (y + 0.5) * step - 0.5, side);
    for (let x = 0; x < side; x++) {
      const [x0, x1, fx] = neighbours(cut + (x + 0.5) * step - 0.5, side);
      for (let c = 0; c < 3; c++) {
        const top = at(y0, x0, c) * (1 - fx) + at(y0, x1, c) * fx;
        const bottom = at(y1, x0, c) * (1 - fx) + at(y1, x1, c) * fx;
        to[(y * side + x) * 3 + c] = Math.round(top * (1 - fy) + bottom * fy);
      }
    }
  }
};

function neighbours(place: number, side: number): [low: number, high: number, share: number] {
  const low = Math.max(0, Math.floor(place));
  return [low, Math.min(side - 1, low + 1), Math.max(0, place - low)];
}

/** Box blur, rows first and columns after; edges repeat. */
const blur: View = (from, to, side) => {
  const radius = Math.max(1, Math.round(side / SIDE_PER_RADIUS));
  const rows = new Uint8Array(from.length);
  smooth(from, rows, side, radius, 3, side * 3);
  smooth(rows, to, side, radius, side * 3, 3);
};

const coarse: View = (from, to, side) => {
  const fieldOf = (place: number) => Math.floor((place * FIELDS) / side);
  const sums = new Float64Array(FIELDS * FIELDS * 4);
  const visit = (act: (field: number, pixel: number) => void) => {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) act((fieldOf(y) * FIELDS + fieldOf(x)) * 4, (y * side + x) * 3);
    }
  };
  visit((field, pixel) => {
    for (let c = 0; c < 3; c++) sums[field + c]! += from[pixel + c]!;
    sums[field + 3]! += 1;
  });
  visit((field, pixel) => {
    for (let c = 0; c < 3; c++) to[pixel + c] = Math.round(sums[field + c]! / sums[field + 3]!);
  });
};

/** Means along lines of `side` values `step` apart, with a running sum; lines start `stride` apart. */
function smooth(
  from: Uint8Array,
  to: Uint8Array,
  side: number,
  radius: number,
  step: number,
  stride: number,
): void {
  const width = 2 * radius + 1;
  for (let line = 0; line < side; line++) {
    for (let c = 0; c < 3; c++) {
      const start = line * stride + c;
      const at = (i: number) => from[start + Math.min(side - 1, Math.max(0, i)) * step] as number;
      let sum = 0;
      for (let i = -radius; i <= radius; i++) sum += at(i);
      for (let i = 0; i < side; i++) {
        to[start + i * step] = Math.round(sum / width);
        sum += at(i + radius + 1) - at(i - radius);
      }
    }
  }
}
