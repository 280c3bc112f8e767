import { UbtError } from '@ubt/errors';
import { growable } from './growable.js';
import type { PairManifest } from './pair-manifest.js';

/** Content token ids of the captions of some rows, in their order. */
export interface CaptionTokens {
  readonly length: number;
  /** Without start, end and padding; a view, not a copy. */
  at(index: number): Uint32Array | undefined;
}

/**
 * Reads the tokens of captions without holding their texts: a caption takes 4 bytes and 4 for each token.
 *
 * @param rows rows of the manifest, ascending
 * @param onRead called now and then with the captions read so far
 * @throws UbtError ROW_NOT_IN_PAIRS
 */
export async function readCaptionTokens(
  manifest: PairManifest,
  tokenizer: { contentIds(caption: string): Iterable<number> & { readonly length: number } },
  rows: Iterable<number>,
  onRead: (done: number) => void = () => {},
): Promise<CaptionTokens> {
  const ends = growable(Uint32Array);
  const ids = growable(Uint32Array);
  let [done, end] = [0, 0];
  const captions = manifest.rows()[Symbol.asyncIterator]();
  for (const row of rows) {
    let pair = await captions.next();
    while (pair.done !== true && pair.value.row < row) pair = await captions.next();
    if (pair.done === true || pair.value.row !== row) throw rowNotInPairs(manifest.path, row);
    const tokens = tokenizer.contentIds(pair.value.caption);
    for (const token of tokens) ids.push(token);
    ends.push((end += tokens.length));
    if (++done % 1000 === 0) onRead(done);
  }
  await captions.return?.();
  onRead(done);
  return tokenLists(ids.take(), ends.take());
}

/** Lists that lie one behind the other; `ends` says where each ends. */
function tokenLists(ids: Uint32Array, ends: Uint32Array): CaptionTokens {
  return {
    length: ends.length,
    at: (index) =>
      index < ends.length ? ids.subarray(index === 0 ? 0 : ends[index - 1], ends[index]) : undefined,
  };
}

function rowNotInPairs(pairs: string, row: number): UbtError {
  return new UbtError('failed-precondition', `${pairs} has no usable row ${row}.`, {
    code: 'ROW_NOT_IN_PAIRS',
    fix: 'Use scores and pairs that belong together: the pairs file that the scores were made from.',
  });
}
