import { z } from 'zod';

const rate = z.number().min(0).max(1);

/** Counts per bin for the suspects and for all other scored pairs. */
export const histogramSchema = z
  .object({
    edges: z
      .array(z.number())
      .min(2)
      .describe('Edges of the n bins, strictly rising, n + 1 of them; a bin holds its lower edge.'),
    suspects: z.array(z.int().nonnegative()).describe('Suspects per bin, n of them.'),
    others: z.array(z.int().nonnegative()).describe('Other scored pairs per bin, n of them.'),
  })
  .superRefine(({ edges, suspects, others }, context) => {
    for (const [name, counts] of Object.entries({ suspects, others })) {
      if (counts.length === edges.length - 1) continue;
      const message = `has ${counts.length} bins, but the edges make ${edges.length - 1}`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
    const falls = edges.findIndex((edge, i) => i > 0 && !(edge > (edges[i - 1] ?? 0)));
    if (falls > 0) context.addIssue({ code: 'custom', path: ['edges', falls], message: 'does not rise' });
  })
  .describe('Counts per bin, suspects apart from the other pairs.');

/** Counts per bin: `edges` has n + 1 entries, `suspects` and `others` n. */
export type Histogram = z.infer<typeof histogramSchema>;

/** Settings of a stage, as they were used. */
export const parametersSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

/** How the pairs were scored, and what came of it. */
export const detectionSchema = z
  .object({
    method: z.string().min(1).describe('Name of the detection method.'),
    parameters: parametersSchema.describe('Its settings as used, defaults included.'),
    scoredPairs: z.int().nonnegative().describe('Pairs that got a score.'),
    skippedPairs: z.int().nonnegative().describe('Pairs whose image or caption could not be read.'),
    skipped: z
      .array(
        z.object({
          row: z.int().nonnegative().describe('Row in the manifest, from 0.'),
          id: z.string().describe('Image path as the manifest has it.'),
          reason: z.string().describe('Why it could not be read.'),
        }),
      )
      .max(100)
      .describe('The first 100 skipped pairs.'),
    threshold: z.number().describe('Score above which a pair is a suspect; in the unit of the scores.'),
    suspects: z.int().nonnegative().describe('Pairs above the threshold.'),
    scoreHistogram: histogramSchema.describe('Suspicion scores: higher is more suspicious.'),
    similarityHistogram: histogramSchema.describe(
      'Cosine of image and caption under the suspect model, in [-1, 1].',
    ),
    quality: z
      .object({
        auroc: rate.describe('Area under the ROC curve, in [0, 1]; 0.5 is chance.'),
        aupr: rate.describe('Area under the precision-recall curve, in [0, 1].'),
        precisionAtK: rate.describe('Poisoned share of the k highest scores, in [0, 1].'),
        k: z.int().positive().describe('The k of precisionAtK.'),
        recallAtThreshold: rate.describe('Share of the poisoned pairs above the threshold, in [0, 1].'),
      })
      .optional()
      .describe('Measured against the known poisoned pairs; absent without that ground truth.'),
  })
  .describe('How the pairs were scored.');

/** How the pairs were scored. */
export type Detection = z.infer<typeof detectionSchema>;
