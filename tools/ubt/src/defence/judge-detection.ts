import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { readScores } from '@ubt/stage-files';
import {
  detectionQuality,
  listQuality,
  type DetectionQuality,
  type JudgedScore,
  type ListQuality,
} from './detection-quality.js';
import { RESULTS } from './out-folder.js';
import { readTruth } from './read-truth.js';

/** A detection measured against known poison. */
export interface Judgement {
  /** Of the scores; undefined when there is nothing to tell apart. */
  readonly scores: DetectionQuality | undefined;
  /** Of suspects.csv. */
  readonly suspects: ListQuality;
}

/**
 * Measures the scores and the list of suspects in a folder against known poison; undefined without a truth
 * file.
 *
 * @throws UbtError TRUTH_MALFORMED, STAGE_FILE_MALFORMED
 */
export async function judgeDetection(
  folder: string,
  truthFile: string | undefined,
  threshold: number,
): Promise<Judgement | undefined> {
  if (truthFile === undefined) return undefined;
  const truth = await readTruth(truthFile);
  const inParquet = join(folder, RESULTS.scoresParquet);
  const scores = existsSync(inParquet) ? inParquet : join(folder, RESULTS.scores);
  const judged: JudgedScore[] = [];
  for await (const { row, score } of readScores(scores)) {
    judged.push({ score, poisoned: truth.get(row) === true });
  }
  const listed = await listedRows(join(folder, RESULTS.suspects));
  return { scores: detectionQuality(judged, threshold), suspects: listQuality(listed, truth) };
}

/** Rows of the manifest that a suspects.csv lists. */
async function listedRows(path: string): Promise<number[]> {
  const rows: number[] = [];
  const records = createReadStream(path).pipe(parse({ columns: true, bom: true }));
  for await (const record of records) rows.push(Number((record as { row: string }).row));
  return rows;
}
