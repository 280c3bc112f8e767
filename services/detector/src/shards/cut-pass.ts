/** Part of a pass, over the usable pairs of a manifest. */
export interface PassPart {
  /** Place of the first pair, from 0. */
  readonly first: number;
  /** Place behind the last pair. */
  readonly end: number;
}

/**
 * Cuts a pass into parts of at least `pairs` pairs each, the last one excepted, at places where batches end anyway.
 *
 * @param total pairs of the pass
 * @param stretch no batch reaches over a multiple of it
 */
export function cutPass(total: number, pairs: number, stretch: number): PassPart[] {
  const size = Math.ceil(pairs / stretch) * stretch;
  const parts = Array.from({ length: Math.ceil(total / size) }, (_, at) => at * size);
  return parts.map((first) => ({ first, end: Math.min(first + size, total) }));
}
