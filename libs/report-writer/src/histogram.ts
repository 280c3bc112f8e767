import type { Histogram } from '@ubt/report';

const BINS = 40;

/**
 * Counts values per bin, suspects apart from the others. The outermost 0.1 % on each side is gathered in the
 * outer bins, so that one outlier does not flatten the picture.
 *
 * @param isSuspect by the value's place
 */
export function histogram(
  values: readonly number[] | Float64Array,
  isSuspect: (place: number) => boolean,
): Histogram {
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(sorted.length / 1000);
  const low = sorted[cut] ?? 0;
  const high = Math.max(sorted[sorted.length - 1 - cut] ?? 1, low + 1e-6);
  const width = (high - low) / BINS;
  const suspects = new Array<number>(BINS).fill(0);
  const others = new Array<number>(BINS).fill(0);
  values.forEach((value, i) => {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((value - low) / width)));
    const counts = isSuspect(i) ? suspects : others;
    counts[bin] = (counts[bin] as number) + 1;
  });
  return { edges: Array.from({ length: BINS + 1 }, (_, bin) => low + bin * width), suspects, others };
}
