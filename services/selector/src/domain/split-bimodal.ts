/**
 * The threshold that parts values into two groups with the largest variance between them (Otsu 1979).
 *
 * @param values at least one finite number
 * @returns a threshold; the upper group is everything above it
 */
export function splitBimodal(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let below = 0;
  let best = { separation: -1, threshold: sorted.at(-1) as number };
  for (let count = 1; count < sorted.length; count++) {
    const value = sorted[count - 1] as number;
    below += value;
    const above = sorted.length - count;
    const distance = (total - below) / above - below / count;
    const separation = count * above * distance * distance;
    const next = sorted[count] as number;
    if (separation > best.separation && next > value) best = { separation, threshold: (value + next) / 2 };
  }
  return best.threshold;
}
