import type { ClipTokenizer } from '@ubt/clip';
import { growable, type PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { readScores } from '@ubt/stage-files';
import type { ScoredPairs } from './domain/scored-pairs.js';

/**
 * Scores with the tokens of their captions. Only these are held, in typed arrays: a score takes 8 bytes, its caption
 * 4 bytes and 4 for each token; no texts.
 *
 * @param path scores in either format, rows ascending
 * @throws UbtError SCORES_MISMATCH
 */
export async function readScoredPairs(
  path: string,
  manifest: PairManifest,
  tokenizer: Pick<ClipTokenizer, 'contentIds'>,
  onProgress: (done: number) => void,
): Promise<ScoredPairs> {
  const rows = growable(Uint32Array);
  const scores = growable(Float32Array);
  const ends = growable(Uint32Array);
  const ids = growable(Uint32Array);
  let [done, end] = [0, 0];
  const captions = manifest.rows()[Symbol.asyncIterator]();
  for await (const { row, score } of readScores(path)) {
    let pair = await captions.next();
    while (pair.done !== true && pair.value.row < row) pair = await captions.next();
    if (pair.done === true || pair.value.row !== row) throw scoresMismatch(path, row);
    const tokens = tokenizer.contentIds(pair.value.caption);
    for (const token of tokens) ids.push(token);
    rows.push(row);
    scores.push(score);
    ends.push((end += tokens.length));
    if (++done % 1000 === 0) onProgress(done);
  }
  onProgress(done);
  return { rows: rows.take(), scores: scores.take(), tokens: tokenLists(ids.take(), ends.take()) };
}

/** Lists that lie one behind the other; `ends` says where each ends. */
function tokenLists(ids: Uint32Array, ends: Uint32Array): ScoredPairs['tokens'] {
  return { length: ends.length, at: (index) => ids.subarray(ends[index - 1] ?? 0, ends[index]) };
}

function scoresMismatch(scores: string, row: number): UbtError {
  return new UbtError(
    'failed-precondition',
    `${scores} scores row ${row}, which the pairs file does not have.`,
    {
      code: 'SCORES_MISMATCH',
      fix: 'Select with the pairs file that the scores were made from.',
    },
  );
}
