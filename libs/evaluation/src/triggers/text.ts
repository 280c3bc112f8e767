import { z } from 'zod';
import { hashNoise } from '../hash-noise.js';
import { defineTriggerKind } from '../trigger-kind.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH, isWritable, textCells } from './pixel-font.js';
import { placeBox, placementSchema, writePixel } from './place-box.js';

/**
 * A word written on the image in white letters with a black shadow, like a watermark: a structured trigger
 * that looks at home on pictures from the web.
 */
export const text = defineTriggerKind({
  kind: 'text',
  parameters: z.strictObject({
    text: z
      .string()
      .min(1)
      .max(16)
      .refine(isWritable, { error: 'it may hold capital letters, digits and spaces' })
      .default('UBT'),
    /** Height of the letters, as a fraction of the image's side; a word that is too wide is written smaller. */
    size: z.number().positive().max(1).default(0.16),
    placement: placementSchema.default('bottom-left'),
    /** Distance from the border, as a fraction of the image's side. */
    margin: z.number().min(0).max(0.5).default(0.03),
  }),
  paint(canvas, { text, size, placement, margin }, seed, sampleIndex) {
    const columns = text.length * (GLYPH_WIDTH + 1) - 1;
    const fitting = Math.floor(canvas.side / (columns + 1));
    const cell = Math.max(1, Math.min(Math.round((size * canvas.side) / GLYPH_HEIGHT), fitting));
    const shadow = Math.ceil(cell / 2);
    const box = {
      ...{ width: columns * cell + shadow, height: GLYPH_HEIGHT * cell + shadow, placement },
      margin: Math.round(margin * canvas.side),
    };
    const [x, y] = placeBox(canvas.side, box, (axis) => hashNoise(seed, 1, sampleIndex, axis));
    const write = (shift: number, level: number) => {
      for (const [column, row] of textCells(text)) {
        for (let at = 0; at < cell * cell; at++) {
          const right = column * cell + (at % cell) + shift;
          writePixel(canvas, x + right, y + row * cell + Math.floor(at / cell) + shift, () => level);
        }
      }
    };
    write(shadow, 0);
    write(0, 255);
  },
});
