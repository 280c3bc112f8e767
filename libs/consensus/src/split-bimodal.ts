/** Variance of a group, at least, as a share of the variance of all values: equal values have none. */
const SMALLEST_VARIANCE = 1e-3;
/** The edge of the lower group is sought down to this share of what lies below the middle between the groups. */
const LOWEST_SHARE = 0.5;

/**
 * The threshold that parts values into two groups, of which the lower one may be narrow and the upper one wide.
 *
 * Two steps: the middle between two groups of like spread (largest variance between them, Otsu 1979), and from there
 * down the edge of the lower group, where two normal distributions of their own size and spread describe the values
 * best (minimum error thresholding, Kittler and Illingworth 1986). The second alone would part a handful of like values
 * from the rest wherever there are no two groups.
 *
 * @param values finite numbers
 * @returns a threshold; the upper group is everything above it, and empty where all values are equal
 */
export function splitBimodal(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const sums = runningSums(sorted);
  const { length } = sorted;
  const middle = bestCut(sorted, [1, length - 1], (count) => -separation(sums, count));
  if (middle === undefined) return sorted.at(-1) ?? 0;
  const smallest = SMALLEST_VARIANCE * moments(sums, 0, length).variance;
  const edge = bestCut(sorted, [Math.ceil(LOWEST_SHARE * middle), middle], (count) =>
    describingError(sums, count, smallest),
  );
  return threshold(sorted, edge ?? middle);
}

/** How many values lie below the best cut, at least and at most `range`; undefined where all are equal. */
function bestCut(
  sorted: Float64Array,
  [least, most]: readonly [number, number],
  error: (count: number) => number,
): number | undefined {
  let best: { count: number; error: number } | undefined;
  for (let count = least; count <= most; count++) {
    if (sorted[count] === sorted[count - 1]) continue;
    const candidate = { count, error: error(count) };
    if (best === undefined || candidate.error < best.error) best = candidate;
  }
  return best?.count;
}

const threshold = (sorted: Float64Array, count: number) =>
  ((sorted[count - 1] as number) + (sorted[count] as number)) / 2;

/** Variance between the groups on both sides of a cut (Otsu). */
function separation(sums: RunningSums, count: number): number {
  const [below, above] = [moments(sums, 0, count), moments(sums, count, sums.values.length - 1)];
  return below.share * above.share * (above.mean - below.mean) ** 2;
}

/** How badly a normal distribution on each side of a cut describes the values (Kittler and Illingworth, eq. 15). */
function describingError(sums: RunningSums, count: number, smallest: number): number {
  const sides = [moments(sums, 0, count), moments(sums, count, sums.values.length - 1)];
  return sides.reduce(
    (sum, { share, variance }) =>
      sum + share * (Math.log(Math.max(variance, smallest)) - 2 * Math.log(share)),
    0,
  );
}

/** Sums of the first values and of their squares, from none of them to all. */
interface RunningSums {
  readonly values: Float64Array;
  readonly squares: Float64Array;
}

function runningSums(sorted: Float64Array): RunningSums {
  const values = new Float64Array(sorted.length + 1);
  const squares = new Float64Array(sorted.length + 1);
  sorted.forEach((value, i) => {
    values[i + 1] = (values[i] as number) + value;
    squares[i + 1] = (squares[i] as number) + value * value;
  });
  return { values, squares };
}

/** Share of all values that stand from `from` to before `to`, their mean and their variance. */
function moments({ values, squares }: RunningSums, from: number, to: number) {
  const count = to - from;
  const mean = ((values[to] as number) - (values[from] as number)) / count;
  const variance = ((squares[to] as number) - (squares[from] as number)) / count - mean * mean;
  return { share: count / (values.length - 1), mean, variance };
}
