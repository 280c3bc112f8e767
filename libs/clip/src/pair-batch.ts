/** One batch of image-caption pairs, decoded and tokenised, before it reaches the engine. */
export interface PairBatch {
  /** Row numbers of the pairs in their manifest, ascending within a pass unless shuffled; length `size`. */
  readonly rows: number[];
  /** RGB bytes `[size, imageSize, imageSize, 3]`, row-major. */
  readonly pixels: Uint8Array;
  /** Token ids `[size, tokens.length / size]`, row-major. */
  readonly tokens: Int32Array;
  /** Pairs in the batch. */
  readonly size: number;
  /** Side of the square images, in pixels. */
  readonly imageSize: number;
  /** Where the reading goes on after this batch; absent when it was not read from a manifest. */
  readonly next?: BatchPosition;
}

/** A place in a reading of pairs: plain data that can be stored, to go on later. */
export interface BatchPosition {
  /** Passes over all rows that are done. */
  readonly pass: number;
  /** Rows of the current pass that are done, in its order. */
  readonly place: number;
}
