import type { BatchPosition, PairBatch } from '@ubt/clip';
import type { TokenLists } from '@ubt/consensus';
import type { Precision } from '@ubt/engine';
import type { NamedModels } from './measure.js';

/** What a pass has measured so far. */
export interface PassState {
  readonly isDone: boolean;
  /** Where the reading goes on. */
  readonly next: BatchPosition;
  readonly rows: readonly number[];
  /** Numbers per row, by name. */
  readonly columns: Readonly<Record<string, ArrayLike<number>>>;
}

/** Keeps what passes have measured, so that a job that is started again need not measure it again. */
export interface PassLog {
  /** Begins the next pass. @returns what an earlier attempt has measured in it */
  begin(): Promise<PassState | undefined>;
  /** Called after every batch and at the end; decides itself when to keep the state. */
  save(state: () => PassState): Promise<void>;
}

/** A measuring pass over all pairs, as data. */
export interface MeasuringPass {
  /** Name of the {@link Measure}. */
  readonly measure: string;
  readonly models: NamedModels;
  readonly precision: Precision;
}

/** Runs passes in other processes. */
export interface PassRunner {
  /**
   * @param onPairs told how many pairs are measured so far
   * @returns what the same pass measures here, to the last bit
   */
  run(
    pass: MeasuringPass,
    onPairs: (done: number) => void,
  ): Promise<{ readonly rows: readonly number[]; readonly columns: Readonly<Record<string, Float32Array>> }>;
}

/** The pairs of a data set, as the domain sees them: decoded, tokenised, in batches. */
export interface PairSource {
  /**
   * One pass in manifest order over all readable pairs, or over those in `rows`. Only the last batch may be
   * smaller than the others, and one behind unreadable pairs.
   *
   * @param from goes on where an earlier pass over the same rows stood
   */
  pass(rows?: readonly number[], from?: BatchPosition): AsyncIterable<PairBatch>;
  /**
   * Full batches drawn from `rows` without end: seeded shuffles, one after the other.
   *
   * @param size pairs per batch, the source's own batch size unless told
   */
  draw(rows: readonly number[], seed: number, size?: number): AsyncIterator<PairBatch>;
  /** Content tokens of the captions of some rows, in their order. @param rows ascending */
  captionTokens(rows: readonly number[]): Promise<TokenLists>;
  /** Pairs in the manifest that have an image path and a caption. */
  readonly length: number;
  /** Where measurements of passes are kept, if anywhere. */
  readonly log?: PassLog;
  /** Where passes over all pairs are run, if not here. */
  readonly elsewhere?: PassRunner;
}
