import { z } from 'zod';
import { readJsonLines, writeJsonLines } from './json-lines.js';

/** One line of scores.jsonl. */
export const scoreRowSchema = z.object({
  /** Row of the pair in the manifest, from 0; stable for one manifest digest. */
  row: z.int().nonnegative(),
  /** The pair's id: its image path as the manifest has it. */
  id: z.string(),
  /** Suspicion: finite, higher is more suspicious, comparable only within one method and run. */
  score: z.number(),
  /** What the method measured, by name: `similarity` is the cosine under the suspect model, in [-1, 1]. */
  signals: z.record(z.string(), z.number()),
});
export type ScoreRow = z.infer<typeof scoreRowSchema>;

/** Writes scores.jsonl, in the order given; appears only when complete. */
export const writeScores = (path: string, rows: Iterable<ScoreRow>): Promise<void> =>
  writeJsonLines(path, rows);

/** Streams scores.jsonl. @throws UbtError STAGE_FILE_MALFORMED */
export const readScores = (path: string): AsyncGenerator<ScoreRow> => readJsonLines(path, scoreRowSchema);
