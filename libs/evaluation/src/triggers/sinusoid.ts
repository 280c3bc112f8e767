import { z } from 'zod';
import { paintAll } from '../canvas.js';
import { defineTriggerKind } from '../trigger-kind.js';

/** A sinusoid over the columns, added to every channel (SIG, arXiv 1902.11237, equation 4). */
export const sinusoid = defineTriggerKind({
  kind: 'sinusoid',
  parameters: z.strictObject({
    /** Peak change of a channel, in levels of 255. */
    amplitude: z.number().positive().max(255).default(60),
    /** Periods along the image's side. */
    frequency: z.number().positive().max(512).default(6),
  }),
  paint(canvas, { amplitude, frequency }) {
    const step = (2 * Math.PI * frequency) / canvas.side;
    paintAll(canvas, (old, x) => old + amplitude * Math.sin(step * x));
  },
});
