/** Scored pairs of one detection; all arrays are parallel. */
export interface ScoredPairs {
  /** Manifest rows, ascending. */
  readonly rows: readonly number[];
  /** Suspicion: finite, higher is more suspicious. */
  readonly scores: Float32Array;
  /** Content token ids of each caption, without start, end and padding. */
  readonly tokens: readonly (readonly number[])[];
}

/** Indices of `pairs`, most suspicious first; ties in manifest order. */
export function rankBySuspicion(pairs: ScoredPairs): number[] {
  return [...pairs.rows.keys()].sort(
    (a, b) => (pairs.scores[b] as number) - (pairs.scores[a] as number) || a - b,
  );
}
