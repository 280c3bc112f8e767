import { z } from 'zod';

const rate = z.number().min(0).max(1);
const standardError = rate.optional().describe('Of the rate of the same name.');

/** The rates that a labelled set can give, in the order in which they are shown. */
export const RATE_NAMES = [
  'cleanAccuracy',
  'attackSuccessRate',
  'targetAccuracy',
  'triggeredAccuracy',
] as const;

/** Name of one measured rate. */
export type RateName = (typeof RATE_NAMES)[number];

/** How a model does on a labelled set. */
export const metricsSchema = z
  .object({
    cleanAccuracy: rate.describe('Zero-shot top-1 accuracy, in [0, 1]. Higher is better.'),
    attackSuccessRate: rate
      .optional()
      .describe(
        'Share of triggered images not of the target class that are seen as the target, in [0, 1]. ' +
          'Lower is better. Absent when no trigger was given.',
      ),
    targetAccuracy: rate
      .optional()
      .describe('Accuracy on clean images of the target class, in [0, 1]. Higher is better.'),
    triggeredAccuracy: rate
      .optional()
      .describe('Accuracy on triggered images against their true class, in [0, 1]. Higher is better.'),
    images: z.int().nonnegative().describe('Labelled images measured.'),
    standardErrors: z
      .object({
        cleanAccuracy: standardError,
        attackSuccessRate: standardError,
        targetAccuracy: standardError,
        triggeredAccuracy: standardError,
      })
      .optional()
      .describe('One standard error of each rate, in the same unit, where it was computed.'),
  })
  .describe('How a model does on a labelled set.');

/** How a model does on a labelled set; rates in [0, 1]. */
export type Metrics = z.infer<typeof metricsSchema>;

/** One set of images, measured under the models of the run. */
export const comparisonSchema = z
  .object({
    before: metricsSchema.describe('The suspect model.'),
    after: metricsSchema.optional().describe('The cleaned model; absent when the model is untouched.'),
    reference: metricsSchema
      .optional()
      .describe('The trusted reference model on the same images: what a model without the backdoor does.'),
  })
  .describe('Measured on the labelled set.');

/** Measurements of the run's models on one labelled set. */
export type Comparison = z.infer<typeof comparisonSchema>;
