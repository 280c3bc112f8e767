import { z } from 'zod';
import { parametersSchema } from './detection.js';

const cosine = z.number().min(-1).max(1);
const step = z.int().nonnegative();

/** How the model was made to forget. */
export const unlearningSchema = z
  .object({
    parameters: parametersSchema.describe('Settings as used, defaults included.'),
    steps: step.describe('Optimiser steps taken.'),
    keptStep: step.describe('Step whose weights were kept; 0 is the model as it came.'),
    curve: z
      .array(
        z.object({
          step: step.describe('Optimiser step; 0 is before the first.'),
          unlearnCosine: cosine.describe('Mean cosine of image and compromised tokens over the unlearn set.'),
          retainLoss: z.number().describe('Contrastive loss on the retain set, in nats per pair.'),
        }),
      )
      .describe('Measurements during unlearning, by rising step.'),
    band: z
      .object({ low: cosine.describe('Lower edge.'), high: cosine.describe('Upper edge.') })
      .refine(({ low, high }) => low <= high, { path: ['high'], message: 'lies below the lower edge' })
      .describe('Cosines of unrelated image-caption pairs: where an unlearned pair should end.'),
    unlearnCosineBefore: cosine.describe('Mean cosine of the unlearn set in the suspect model, in [-1, 1].'),
    unlearnCosineAfter: cosine.describe('The same in the kept model.'),
    retainLossBefore: z.number().describe('Retain loss of the suspect model, in nats per pair.'),
    retainLossBudget: z
      .number()
      .describe('Highest retain loss that the kept model may have, in nats per pair.'),
  })
  .describe('How the model was made to forget.');

/** How the model was made to forget. */
export type Unlearning = z.infer<typeof unlearningSchema>;
