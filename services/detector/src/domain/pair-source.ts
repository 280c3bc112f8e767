import type { PairBatch } from '@ubt/clip';

/** The pairs of a data set, as the domain sees them: decoded, tokenised, in batches. */
export interface PairSource {
  /**
   * One pass in manifest order over all readable pairs, or over those in `rows`. Only the last batch may be
   * smaller than the others.
   */
  pass(rows?: readonly number[]): AsyncIterable<PairBatch>;
  /**
   * Full batches drawn from `rows` without end: seeded shuffles, one after the other.
   *
   * @param size pairs per batch, the source's own batch size unless told
   */
  draw(rows: readonly number[], seed: number, size?: number): AsyncIterator<PairBatch>;
  /** Pairs in the manifest that have an image path and a caption. */
  readonly length: number;
}
