import { atomicWriteFile } from '@ubt/data';
import { z } from 'zod';
import { readStageFile } from './parse-stage-file.js';
import { stageWorkSchema } from './stage-work.js';

const rows = z.array(z.int().nonnegative());

/** selection.json: the verdict with its evidence, and what to unlearn. */
export const selectionSchema = z.object({
  schemaVersion: z.literal(1),
  verdict: z.enum(['clean', 'backdoored', 'inconclusive']),
  /** In plain words, strongest first. */
  reasons: z.array(z.string()),
  evidence: z.array(
    z.object({
      /** Stable name, in lower camel case. */
      name: z.string(),
      value: z.number(),
      /** Beyond it, in `direction`, the value points to a backdoor. */
      threshold: z.number(),
      direction: z.enum(['above', 'below']),
      points: z.enum(['backdoor', 'clean', 'neither']),
      meaning: z.string(),
    }),
  ),
  /** Tokens that name the backdoor's target, strongest first; shares in [0, 1]. */
  compromisedTokens: z.array(
    z.object({
      id: z.int().nonnegative(),
      token: z.string(),
      suspectShare: z.number(),
      corpusShare: z.number(),
      enrichment: z.number(),
    }),
  ),
  /** Manifest rows of the pairs to unlearn, most suspicious first. */
  unlearnRows: rows,
  /** Manifest rows of the pairs whose behaviour is to stay. */
  retainRows: rows,
  /** Suspects outside the unlearn set, on which forgetting is checked. */
  heldOutRows: rows,
  /** All rows that a retraining should leave out, most suspicious first. */
  suspectRows: rows,
  work: stageWorkSchema,
});
export type SelectionFile = z.infer<typeof selectionSchema>;

/** Writes selection.json; appears only when complete. */
export const writeSelection = (path: string, selection: SelectionFile): Promise<void> =>
  atomicWriteFile(path, `${JSON.stringify(selection)}\n`);

/** Reads selection.json. @throws UbtError STAGE_FILE_MALFORMED */
export const readSelection = (path: string): Promise<SelectionFile> => readStageFile(path, selectionSchema);
