import type { PairBatch } from '../pair-batch.js';

/** Share of the side that the zoomed view cuts away at each edge. */
const ZOOM_CUT = 0.16;
/** Side in pixels per pixel of blur radius. */
const SIDE_PER_RADIUS = 64;

/**
 * Views of images that leave natural content as it is but not a planted pattern: mirrored, zoomed in, and
 * blurred. What an image shows survives all of them; the fine and exactly placed pattern of a trigger does not.
 *
 * @param batch images as bytes `[n, side, side, 3]`
 * @returns one batch of bytes per view, same shape
 */
export function imageViews({
  pixels,
  size,
  imageSize,
}: Pick<PairBatch, 'pixels' | 'size' | 'imageSize'>): Uint8Array[] {
  return [mirror, zoom, blur].map((view) => {
    const result = new Uint8Array(pixels.length);
    const bytes = imageSize * imageSize * 3;
    for (let i = 0; i < size; i++) {
      view(
        pixels.subarray(i * bytes, (i + 1) * bytes),
        result.subarray(i * bytes, (i + 1) * bytes),
        imageSize,
      );
    }
    return result;
  });
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
