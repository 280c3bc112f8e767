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

/** What {@link splitBatch} cuts: arrays with a share for each of `size` pairs, and everything else as it is. */
interface Splittable {
  readonly size: number;
  readonly rows?: number[];
  readonly pixels?: Uint8Array;
  readonly tokens?: Int32Array;
}

/**
 * A batch as several of at most `most` pairs, in order; they share its memory. Where a reading goes on is left to the
 * whole batch.
 */
export function splitBatch<Batch extends Splittable>(batch: Batch, most: number): Batch[] {
  const { size } = batch;
  if (size <= most) return [batch];
  const parts: Batch[] = [];
  for (let from = 0; from < size; from += most) {
    const to = Math.min(from + most, size);
    /** Where the part's share of an array begins and ends. */
    const share = (length: number): [number, number] => [(from * length) / size, (to * length) / size];
    const { rows, pixels, tokens } = batch;
    parts.push({
      ...{ ...batch, size: to - from },
      ...(rows && { rows: rows.slice(from, to) }),
      ...(pixels && { pixels: pixels.subarray(...share(pixels.length)) }),
      ...(tokens && { tokens: tokens.subarray(...share(tokens.length)) }),
    });
  }
  return parts;
}
