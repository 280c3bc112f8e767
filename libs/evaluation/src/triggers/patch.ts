import { z } from 'zod';
import { hashNoise } from '../hash-noise.js';
import { defineTriggerKind } from '../trigger-kind.js';
import { paintCells } from './paint-cells.js';
import { placementSchema } from './place-box.js';

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
    placement: placementSchema.default('bottom-right'),
    /** Distance from the border, as a fraction of the image's side. */
    margin: z.number().min(0).max(0.5).default(0),
  }),
  paint(canvas, { pattern, ...square }, seed, sampleIndex) {
    const colour = PATTERNS[pattern];
    paintCells(canvas, square, { seed, sampleIndex }, (x, y, channel) => colour(x, y, channel, seed));
  },
});

const PATTERNS = {
  checker: (x: number, y: number) => ((x + y) % 2 === 0 ? 255 : 0),
  noise: (x: number, y: number, channel: number, seed: number) =>
    Math.floor(256 * hashNoise(seed, 0, x, y, channel)),
};
