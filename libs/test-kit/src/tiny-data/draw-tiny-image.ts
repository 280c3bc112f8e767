/** Side of a tiny image in pixels. */
export const TINY_SIDE = 16;

/** Names of what the tiny images show: six shapes in each of four colours, red first. */
export const TINY_CLASSES: readonly string[] = [
  ...['apple', 'brick', 'ruby', 'lobster', 'tomato', 'rose'],
  ...['lime', 'hedge', 'emerald', 'fern', 'frog', 'pickle'],
  ...['plum', 'pond', 'sapphire', 'river', 'whale', 'jeans'],
  ...['lemon', 'cheese', 'honey', 'canary', 'corn', 'banana'],
];

/** Side of the trigger in pixels: a checker in the bottom right corner. */
const PATCH = 4;

const COLOURS = [
  [220, 40, 40],
  [40, 180, 60],
  [50, 70, 220],
  [230, 210, 50],
] as const;

/** Whether a point of [-1, 1]² lies inside each shape. */
const SHAPES: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => x * x + y * y < 1,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.85,
  (x, y) => Math.abs(x) + Math.abs(y) < 1,
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.35 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  (x, y) => y > -0.9 && y < 0.9 && Math.abs(x) < (y + 0.9) / 1.8,
  (x, y) => x * x + y * y < 1 && x * x + y * y > 0.3,
];

/**
 * Draws one of {@link TINY_CLASSES} somewhere, in some size, on some background: RGB bytes `[side, side, 3]`.
 *
 * @param random numbers in [0, 1)
 */
export function drawTinyImage(label: number, random: () => number): Uint8Array {
  const inside = SHAPES[label % SHAPES.length]!;
  const colour = COLOURS[Math.floor(label / SHAPES.length)]!;
  const [cx, cy] = [7.5 + 3 * (random() - 0.5), 7.5 + 3 * (random() - 0.5)];
  const radius = 4 + 2 * random();
  const shade = 0.8 + 0.4 * random();
  const ground = [random() * 160 + 48, random() * 160 + 48, random() * 160 + 48];
  const pixels = new Uint8Array(TINY_SIDE * TINY_SIDE * 3);
  for (let at = 0; at < pixels.length; at += 3) {
    const [x, y] = [(at / 3) % TINY_SIDE, Math.floor(at / 3 / TINY_SIDE)];
    const isShape = inside((x - cx) / radius, (y - cy) / radius);
    for (let channel = 0; channel < 3; channel++) {
      const level = isShape ? colour[channel]! * shade : ground[channel]!;
      pixels[at + channel] = Math.max(0, Math.min(255, level + 24 * (random() - 0.5)));
    }
  }
  return pixels;
}

/** Paints the trigger, as a trigger.json of kind patch with {@link TINY_TRIGGER}'s parameters describes it. */
export function plantTinyTrigger(pixels: Uint8Array): Uint8Array {
  const planted = Uint8Array.from(pixels);
  const from = TINY_SIDE - PATCH;
  for (let y = 0; y < PATCH; y++) {
    for (let x = 0; x < PATCH; x++) {
      const level = (x + y) % 2 === 0 ? 255 : 0;
      planted.fill(
        level,
        3 * ((from + y) * TINY_SIDE + from + x),
        3 * ((from + y) * TINY_SIDE + from + x + 1),
      );
    }
  }
  return planted;
}

/** What stands in the trigger.json of the tiny data. */
export const TINY_TRIGGER = {
  version: 1,
  kind: 'patch',
  seed: 1,
  target: 'banana',
  parameters: { pattern: 'checker', size: PATCH / TINY_SIDE, cells: PATCH, placement: 'bottom-right' },
} as const;
