import { join } from 'node:path';
import { readScores } from '@ubt/stage-files';
import { detectionQuality, type DetectionQuality, type JudgedScore } from './detection-quality.js';
import { RESULTS } from './out-folder.js';
import { readTruth } from './read-truth.js';

/**
 * Measures the scores in a folder against known poison; undefined without a truth file.
 *
 * @throws UbtError TRUTH_MALFORMED, STAGE_FILE_MALFORMED
 */
export async function judgeDetection(
  folder: string,
  truthFile: string | undefined,
  threshold: number,
): Promise<DetectionQuality | undefined> {
  if (truthFile === undefined) return undefined;
  const truth = await readTruth(truthFile);
  const judged: JudgedScore[] = [];
  for await (const { row, score } of readScores(join(folder, RESULTS.scores))) {
    judged.push({ score, poisoned: truth.get(row) === true });
  }
  return detectionQuality(judged, threshold);
}
