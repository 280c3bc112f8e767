import { z } from 'zod';
import { defineTriggerKind } from '../trigger-kind.js';
import { paintCells } from './paint-cells.js';
import { placementSchema } from './place-box.js';

/** Most cells along a side: a larger picture is no small trigger any more. */
const MOST_CELLS = 64;

/**
 * A small square picture pasted into the image, cell by cell as it stands in the trigger: what an attacker
 * has computed, such as a patch optimised on the clean model (BadCLIP, arXiv 2311.12075).
 */
export const picture = defineTriggerKind({
  kind: 'picture',
  parameters: z.strictObject({
    /** RGB bytes of `cells × cells` cells, row by row, in Base64. */
    rgb: z
      .base64()
      .max(4 * MOST_CELLS ** 2)
      .refine((text) => isSquare(Buffer.from(text, 'base64').length), {
        error: 'it must be the RGB bytes of a square picture of 1 to 64 cells a side',
      }),
    /** Side of the picture, as a fraction of the image's side. */
    size: z.number().positive().max(1).default(0.125),
    placement: placementSchema.default('center'),
    /** Distance from the border, as a fraction of the image's side. */
    margin: z.number().min(0).max(0.5).default(0),
  }),
  paint(canvas, { rgb, ...square }, seed, sampleIndex) {
    const bytes = Buffer.from(rgb, 'base64');
    const cells = Math.sqrt(bytes.length / 3);
    paintCells(
      canvas,
      { ...square, cells },
      { seed, sampleIndex },
      (x, y, channel) => bytes[3 * (y * cells + x) + channel]!,
    );
  },
});

function isSquare(bytes: number): boolean {
  const cells = Math.sqrt(bytes / 3);
  return Number.isInteger(cells) && cells >= 1 && cells <= MOST_CELLS;
}
