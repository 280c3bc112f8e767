import { z } from 'zod';

/** A file or folder that went into a run or came out of it. */
export const artifactSchema = z
  .object({
    uri: z.string().min(1).describe('Where it lies: a file:// or s3:// URI.'),
    sha256: z
      .string()
      .regex(/^([0-9a-f]{64})?$/)
      .describe('Lower-case hexadecimal SHA-256; for a folder, of its listing. Empty: not computed.'),
    sizeBytes: z.int().nonnegative().describe('Size in bytes; for a folder, of all its files.'),
    mediaType: z.string().describe('What it is, for example text/csv.'),
  })
  .describe('A file or folder, named and fixed by its digest.');

/** A stored file or folder with its digest. */
export type Artifact = z.infer<typeof artifactSchema>;

/** Everything a run read. */
export const inputsSchema = z
  .object({
    model: artifactSchema.describe('The suspect checkpoint.'),
    referenceModel: artifactSchema.optional().describe('The trusted checkpoint, when one was given.'),
    pairs: artifactSchema.describe('The manifest of image-caption pairs.'),
    evaluation: z
      .object({
        images: artifactSchema.describe('The labelled images.'),
        classes: artifactSchema.describe('The class names.'),
        templates: artifactSchema.optional().describe('The prompt templates.'),
        trigger: artifactSchema.optional().describe('The known trigger.'),
      })
      .optional()
      .describe('What the model was measured on; absent when no labelled set was given.'),
  })
  .describe('Everything that went in.');

/** Everything a run wrote, apart from the report itself. */
export const outputsSchema = z
  .object({
    model: artifactSchema.optional().describe('The cleaned model; absent when the model is untouched.'),
    scores: artifactSchema.optional().describe('scores.jsonl: the suspicion score of every pair.'),
    evidence: artifactSchema.optional().describe('Folder with what detection measured.'),
    selection: artifactSchema
      .optional()
      .describe('selection.json: unlearn and retain set, tokens, evidence.'),
    suspectsCsv: artifactSchema.optional().describe('suspects.csv: the suspicious pairs.'),
    cleanPairsCsv: artifactSchema.optional().describe('pairs.clean.csv: the manifest without the suspects.'),
  })
  .describe('Everything that came out, apart from the report itself.');
