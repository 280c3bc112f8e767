/** Batches are of one of these sizes, so that the engine compiles no more than this many graphs. */
export const BATCH_SIZES = [1, 8, 32] as const;

/** A batch of the next size is padded from this share on; below it a smaller batch is filled and the rest waits. */
const FULL_ENOUGH = 0.6;

/**
 * How many of the pairs that wait make the next batch, and to which size it is padded. A padded place costs as much as
 * a pair.
 *
 * @param waiting 1 or more
 */
export function nextBatch(waiting: number): { readonly pairs: number; readonly size: number } {
  const size = BATCH_SIZES.findLast((candidate) => waiting >= FULL_ENOUGH * candidate) ?? 1;
  return { pairs: Math.min(waiting, size), size };
}
