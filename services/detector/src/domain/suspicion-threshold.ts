/** Robust standard deviations above the median from which a score counts as suspicious. */
const DEVIATIONS = 6;
/** Standard deviation of a normal distribution per median absolute deviation. */
const SIGMA_PER_MAD = 1.4826;

/**
 * The score above which a single pair counts as suspicious: median + 6 robust standard deviations, so that the
 * poisoned share does not move it much.
 *
 * @param scores at least one finite number
 */
export function suspicionThreshold(scores: Float32Array): number {
  const centre = median(scores);
  const spread = median(scores.map((score) => Math.abs(score - centre)));
  return centre + DEVIATIONS * SIGMA_PER_MAD * spread;
}

function median(values: Float32Array): number {
  const sorted = Float32Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
