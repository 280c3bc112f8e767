import { z } from 'zod';

const rate = z.number().min(0).max(1);

/** Thumbnails are small raster images inside the file: never a reference, never a format that can script. */
const THUMBNAIL = /^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2}$/;

/** Whether a string is a thumbnail that may be shown: a base64 PNG, JPEG or WebP data URI. */
export function isThumbnail(uri: string): boolean {
  return THUMBNAIL.test(uri);
}

/** One pair that the report shows. */
export const suspectSchema = z
  .object({
    row: z.int().nonnegative().describe('Row in the manifest, from 0.'),
    id: z.string().describe('Image path as the manifest has it. Not trusted: escape it.'),
    caption: z.string().describe('Caption as the manifest has it. Not trusted: escape it.'),
    score: z
      .number()
      .describe('Suspicion score, comparable only within this run; higher is more suspicious.'),
    reason: z.string().describe('Why it stands out, in plain words.'),
    thumbnail: z
      .string()
      .max(200_000)
      .regex(THUMBNAIL)
      .optional()
      .describe('Small PNG, JPEG or WebP as a base64 data URI, at most 200,000 characters.'),
  })
  .describe('One pair that the report shows.');

/** One pair that the report shows; its texts are attacker-controlled. */
export type Suspect = z.infer<typeof suspectSchema>;

/** A measured fact that the verdict rests on. */
export const evidenceSchema = z
  .object({
    name: z.string().min(1).describe('What was measured.'),
    value: z.number().describe('What came out.'),
    threshold: z.number().describe('Where the judgement turns; same unit as value.'),
    direction: z
      .enum(['above', 'below'])
      .describe('On which side of the threshold a value points to a backdoor.'),
    points: z.enum(['backdoor', 'clean', 'neither']).describe('What this value points to.'),
    meaning: z.string().describe('The fact in plain words.'),
  })
  .describe('A measured fact that the verdict rests on.');

/** A measured fact that the verdict rests on. */
export type Evidence = z.infer<typeof evidenceSchema>;

/** What the suspects have in common, and what was picked to unlearn. */
export const selectionSchema = z
  .object({
    compromisedTokens: z
      .array(
        z.object({
          token: z.string().min(1).describe('The token as text. Not trusted: escape it.'),
          suspectShare: rate.describe('Share of the top suspects whose caption holds it, in [0, 1].'),
          corpusShare: rate.describe('Share of all captions that hold it, in [0, 1].'),
          enrichment: z
            .number()
            .nonnegative()
            .describe('suspectShare / corpusShare, smoothed; 1 is nothing.'),
        }),
      )
      .describe("Tokens that name the backdoor's target, strongest first; empty when there is no consensus."),
    evidence: z.array(evidenceSchema).describe('What the verdict rests on, strongest first.'),
    topSuspects: z.array(suspectSchema).describe('The most suspicious pairs, most suspicious first.'),
    unlearnSet: z.array(suspectSchema).describe('The pairs to unlearn, or a sample of them.'),
    unlearnPairs: z.int().nonnegative().describe('Size of the whole unlearn set, in pairs.'),
    retainPairs: z.int().nonnegative().describe('Size of the retain set, in pairs.'),
  })
  .describe('What the suspects have in common, and what was picked to unlearn.');

/** What the suspects have in common, and what was picked to unlearn. */
export type Selection = z.infer<typeof selectionSchema>;
