import { z } from 'zod';
import type { Canvas } from '../canvas.js';
import { hashNoise } from '../hash-noise.js';
import { defineTriggerKind } from '../trigger-kind.js';

const placements = ['top-left', 'top-right', 'bottom-left', 'bottom-right', 'center', 'random'] as const;
type Placement = (typeof placements)[number];

/**
 * A small opaque square (BadNets, arXiv 1708.06733): a black and white checker, or one fixed block of
 * coloured noise; in a corner, in the centre, or somewhere else on every image.
 */
export const patch = defineTriggerKind({
  kind: 'patch',
  parameters: z.strictObject({
    pattern: z.enum(['checker', 'noise']).default('checker'),
    /** Side of the patch, as a fraction of the image's side. */
    size: z.number().positive().max(1).default(0.125),
    /** Cells of the pattern along one side of the patch. */
    cells: z.int().min(1).max(64).default(4),
    placement: z.enum(placements).default('bottom-right'),
    /** Distance from the border, as a fraction of the image's side. */
    margin: z.number().min(0).max(0.5).default(0),
  }),
  paint(canvas, { pattern, size, cells, placement, margin }, seed, sampleIndex) {
    const length = Math.max(1, Math.round(size * canvas.side));
    const colour = PATTERNS[pattern];
    const [x, y] = corner(canvas.side, length, Math.round(margin * canvas.side), placement, (axis) =>
      hashNoise(seed, 1, sampleIndex, axis),
    );
    for (let row = 0; row < length; row++) {
      for (let column = 0; column < length; column++) {
        const cellX = Math.floor((column * cells) / length);
        const cellY = Math.floor((row * cells) / length);
        writePixel(canvas, x + column, y + row, (channel) => colour(cellX, cellY, channel, seed));
      }
    }
  },
});

const PATTERNS = {
  checker: (x: number, y: number) => ((x + y) % 2 === 0 ? 255 : 0),
  noise: (x: number, y: number, channel: number, seed: number) =>
    Math.floor(256 * hashNoise(seed, 0, x, y, channel)),
};

/** Top left corner of the patch inside the centred square. */
function corner(
  side: number,
  length: number,
  margin: number,
  placement: Placement,
  random: (axis: number) => number,
): [x: number, y: number] {
  const far = Math.max(0, side - length - margin);
  const near = Math.min(margin, far);
  const middle = Math.floor((side - length) / 2);
  const anywhere = (axis: number) => near + Math.floor(random(axis) * (far - near + 1));
  const corners: Record<Placement, [number, number]> = {
    'top-left': [near, near],
    'top-right': [far, near],
    'bottom-left': [near, far],
    'bottom-right': [far, far],
    center: [middle, middle],
    random: [anywhere(0), anywhere(1)],
  };
  return corners[placement];
}

function writePixel(canvas: Canvas, x: number, y: number, colour: (channel: number) => number): void {
  const at = 3 * ((canvas.top + y) * canvas.width + canvas.left + x);
  for (let channel = 0; channel < 3; channel++) canvas.pixels[at + channel] = colour(channel);
}
