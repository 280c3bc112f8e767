import type { SeededRandom } from '@ubt/engine';

/** Operations on each image. */
const OPERATIONS_PER_IMAGE = 2;

/** An operation with its strength drawn: new pixel values of one image `[side, side, 3]`. */
type Operation = (
  image: Uint8Array,
  side: number,
  random: SeededRandom,
) => (x: number, y: number, channel: number) => number;

/** Reads the pixel at a place, the nearest one inside. */
const read = (image: Uint8Array, side: number, x: number, y: number, channel: number) => {
  const inside = (place: number) => Math.max(0, Math.min(side - 1, Math.round(place)));
  return image[3 * (inside(y) * side + inside(x)) + channel]!;
};

const levels =
  (draw: (random: SeededRandom) => (level: number) => number): Operation =>
  (image, side, random) => {
    const change = draw(random);
    return (x, y, channel) => change(image[3 * (y * side + x) + channel]!);
  };

const places =
  (draw: (random: SeededRandom, side: number) => (x: number, y: number) => [number, number]): Operation =>
  (image, side, random) => {
    const from = draw(random, side);
    return (x, y, channel) => read(image, side, ...from(x, y), channel);
  };

const OPERATIONS: readonly Operation[] = [
  places((random, side) => {
    const [right, down] = [0, 1].map(() => Math.round(random.uniform(-0.2, 0.2) * side)) as [number, number];
    return (x, y) => [x - right, y - down];
  }),
  places((random, side) => {
    const shear = random.uniform(-0.3, 0.3);
    return (x, y) => [x + shear * (y - side / 2), y];
  }),
  places((random, side) => {
    const angle = random.uniform(-0.5, 0.5);
    const [cos, sin, middle] = [Math.cos(angle), Math.sin(angle), (side - 1) / 2];
    return (x, y) => [
      middle + cos * (x - middle) + sin * (y - middle),
      middle - sin * (x - middle) + cos * (y - middle),
    ];
  }),
  places((_random, side) => (x, y) => [side - 1 - x, y]),
  levels((random) => {
    const factor = random.uniform(0.5, 1.5);
    return (level) => factor * level;
  }),
  levels((random) => {
    const factor = random.uniform(0.5, 1.5);
    return (level) => 128 + factor * (level - 128);
  }),
  levels((random) => {
    const threshold = random.uniform(128, 256);
    return (level) => (level < threshold ? level : 255 - level);
  }),
  levels((random) => {
    const step = 2 ** (1 + random.int(5));
    return (level) => step * Math.floor(level / step);
  }),
  levels(() => (level) => 255 - level),
  (image, side, random) => {
    const factor = random.uniform(0, 1.8);
    return (x, y, channel) => {
      const at = 3 * (y * side + x);
      const grey = (image[at]! + image[at + 1]! + image[at + 2]!) / 3;
      return grey + factor * (image[at + channel]! - grey);
    };
  },
];

/**
 * Two random operations on every image: move, shear, turn, mirror, brightness, contrast, solarise, posterise,
 * invert, colour; the kinds of AutoAugment (arXiv 1805.09501), without its learnt policies.
 *
 * @param pixels RGB bytes `[n, side, side, 3]`; not changed
 * @returns bytes of the same shape
 */
export function augmentPixels(pixels: Uint8Array, side: number, random: SeededRandom): Uint8Array {
  const out = Uint8ClampedArray.from(pixels);
  const length = side * side * 3;
  for (let start = 0; start < out.length; start += length) {
    for (let times = 0; times < OPERATIONS_PER_IMAGE; times++) {
      const image = Uint8Array.from(out.subarray(start, start + length));
      const value = OPERATIONS[random.int(OPERATIONS.length)]!(image, side, random);
      for (let at = 0; at < length; at++) {
        const place = Math.floor(at / 3);
        out[start + at] = value(place % side, Math.floor(place / side), at % 3);
      }
    }
  }
  return new Uint8Array(out.buffer);
}
