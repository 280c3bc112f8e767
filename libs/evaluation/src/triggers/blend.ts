import { z } from 'zod';
import { paintAll } from '../canvas.js';
import { hashNoise } from '../hash-noise.js';
import { defineTriggerKind } from '../trigger-kind.js';

/**
 * A fixed pattern mixed into the whole image: `(1 − alpha)·image + alpha·pattern` (Blended, arXiv
 * 1712.05526). The pattern is a seeded mosaic of coloured cells, the same at every resolution.
 */
export const blend = defineTriggerKind({
  kind: 'blend',
  parameters: z.strictObject({
    /** Share of the pattern in the mix. */
    alpha: z.number().positive().max(1).default(0.2),
    /** Cells of the pattern along the image's side. */
    cells: z.int().min(1).max(256).default(16),
  }),
  paint(canvas, { alpha, cells }, seed) {
    paintAll(canvas, (old, x, y, channel) => {
      const cellX = Math.floor((x * cells) / canvas.side);
      const cellY = Math.floor((y * cells) / canvas.side);
      return (1 - alpha) * old + alpha * 255 * hashNoise(seed, cellX, cellY, channel);
    });
  },
});
