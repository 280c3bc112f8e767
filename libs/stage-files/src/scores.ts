import { open } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { z } from 'zod';
import { readJsonLines, writeJsonLines } from './json-lines.js';
import { readParquetScores, writeParquetScores } from './parquet-scores.js';

/** One row of the scores. */
export const scoreRowSchema = z.object({
  /** Row of the pair in the manifest, from 0; stable for one manifest digest. */
  row: z.int().nonnegative(),
  /** The pair's id: its image path as the manifest has it, or `shard.tar/member.jpg`. */
  id: z.string(),
  /** Suspicion: finite, higher is more suspicious, comparable only within one method and run. */
  score: z.number(),
  /** What the method measured, by name: `similarity` is the cosine under the suspect model, in [-1, 1]. */
  signals: z.record(z.string(), z.number()),
});
export type ScoreRow = z.infer<typeof scoreRowSchema>;

/** How scores are written. */
export const SCORES_FORMATS = ['jsonl', 'parquet'] as const;
export type ScoresFormat = (typeof SCORES_FORMATS)[number];

/** Name and media type of a scores file. */
export const SCORES_FILES = {
  jsonl: { name: 'scores.jsonl', mediaType: 'application/jsonl' },
  parquet: { name: 'scores.parquet', mediaType: 'application/vnd.apache.parquet' },
} as const satisfies Record<ScoresFormat, { name: string; mediaType: string }>;

/**
 * Writes scores in the order given; they appear only when complete, and memory does not grow with their number.
 * As Parquet, every signal is a column `signal_<name>`.
 */
export async function writeScores(
  path: string,
  rows: Iterable<ScoreRow> | AsyncIterable<ScoreRow>,
  format: ScoresFormat = 'jsonl',
): Promise<void> {
  await (format === 'parquet' ? writeParquetScores(path, rows) : writeJsonLines(path, rows));
}

/** Streams scores of either format, told by the file's first bytes. @throws UbtError STAGE_FILE_MALFORMED */
export async function* readScores(path: string): AsyncGenerator<ScoreRow> {
  if (await isParquet(path)) yield* readParquetScores(path, scoreRowSchema);
  else yield* readJsonLines(path, scoreRowSchema);
}

async function isParquet(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, bytesRead) === 'PAR1';
  } finally {
    await file.close();
  }
}
