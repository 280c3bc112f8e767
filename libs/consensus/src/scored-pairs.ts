/** Token ids of one caption. */
export interface TokenList extends Iterable<number> {
  includes(token: number): boolean;
  some(test: (token: number) => boolean): boolean;
}

/** Content token ids of many captions, without start, end and padding. */
export interface TokenLists {
  readonly length: number;
  at(index: number): TokenList | undefined;
}

/** Scored pairs of one detection; all lists are parallel. Typed arrays let millions of them fit. */
export interface ScoredPairs {
  /** Manifest rows, ascending. */
  readonly rows: ArrayLike<number>;
  /** Suspicion: finite, higher is more suspicious. */
  readonly scores: Float32Array;
  /** Content tokens of each caption. */
  readonly tokens: TokenLists;
}

/** Indices of `pairs`, most suspicious first; ties in manifest order. */
export function rankBySuspicion({ scores }: Pick<ScoredPairs, 'scores'>): Uint32Array {
  return Uint32Array.from(scores.keys()).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );
}

/** The pair of a manifest row; −1 where there is none. */
export function pairOfRow({ rows }: Pick<ScoredPairs, 'rows'>, row: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = rows[middle] as number;
    if (found === row) return middle;
    if (found < row) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
