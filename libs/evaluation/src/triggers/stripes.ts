import { z } from 'zod';
import { paintAll } from '../canvas.js';
import { hashNoise } from '../hash-noise.js';
import { defineTriggerKind } from '../trigger-kind.js';

const DIRECTIONS = {
  vertical: (x: number) => x,
  horizontal: (_x: number, y: number) => y,
  diagonal: (x: number, y: number) => x + y,
};

/** Regular stripes of one seeded colour mixed into the whole image: a structured, natural-looking trigger. */
export const stripes = defineTriggerKind({
  kind: 'stripes',
  parameters: z.strictObject({
    direction: z.enum(['vertical', 'horizontal', 'diagonal']).default('diagonal'),
    /** Distance between two stripes, as a fraction of the image's side; half of it is painted. */
    period: z.number().positive().max(1).default(0.125),
    /** Share of the stripe's colour in the mix. */
    alpha: z.number().positive().max(1).default(0.3),
  }),
  paint(canvas, { direction, period, alpha }, seed) {
    const along = DIRECTIONS[direction];
    const length = period * canvas.side;
    const colour = [0, 1, 2].map((channel) => 255 * hashNoise(seed, channel));
    paintAll(canvas, (old, x, y, channel) => {
      const phase = along(x, y) / length;
      return phase - Math.floor(phase) < 0.5 ? (1 - alpha) * old + alpha * colour[channel]! : old;
    });
  },
});
