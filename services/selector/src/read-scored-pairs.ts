import type { ClipTokenizer } from '@ubt/clip';
import type { ScoredPairs } from '@ubt/consensus';
import { growable, readCaptionTokens, type PairManifest } from '@ubt/data';
import { readScores } from '@ubt/stage-files';

/**
 * Scores with the tokens of their captions. Only these are held, in typed arrays: a score takes 8 bytes, its caption
 * 4 bytes and 4 for each token; no texts.
 *
 * @param path scores in either format, rows ascending
 * @param onProgress called with the pairs read so far
 * @throws UbtError ROW_NOT_IN_PAIRS
 */
export async function readScoredPairs(
  path: string,
  manifest: PairManifest,
  tokenizer: Pick<ClipTokenizer, 'contentIds'>,
  onProgress: (done: number) => void,
): Promise<ScoredPairs> {
  const growing = { rows: growable(Uint32Array), scores: growable(Float32Array) };
  for await (const { row, score } of readScores(path)) {
    growing.rows.push(row);
    growing.scores.push(score);
  }
  const rows = growing.rows.take();
  const tokens = await readCaptionTokens(manifest, tokenizer, rows, onProgress);
  return { rows, scores: growing.scores.take(), tokens };
}
