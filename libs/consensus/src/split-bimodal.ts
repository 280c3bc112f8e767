/** Values a group has at least: fewer have no spread to speak of. */
const SMALLEST_GROUP = 2;
/** Variance of a group, at least, as a share of the variance of all values: equal values have none. */
const SMALLEST_VARIANCE = 1e-3;

/**
 * The threshold that parts values into the two groups that normal distributions of their own size and spread describe
 * best (minimum error thresholding, Kittler and Illingworth 1986). Unlike a threshold between two groups of like
 * spread (Otsu 1979), it finds the edge of a narrow group beside a wide one.
 *
 * @param values finite numbers
 * @returns a threshold; the upper group is everything above it, and empty where there are no two groups
 */
export function splitBimodal(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const sums = runningSums(sorted);
  const smallest = SMALLEST_VARIANCE * moments(sums, 0, sorted.length).variance;
  let best = { error: Infinity, threshold: sorted.at(-1) ?? 0 };
  for (let count = SMALLEST_GROUP; count <= sorted.length - SMALLEST_GROUP; count++) {
    const [last, next] = [sorted[count - 1] as number, sorted[count] as number];
    if (next === last) continue;
    const error = [moments(sums, 0, count), moments(sums, count, sorted.length)].reduce(
      (sum, { share, variance }) =>
        sum + share * (Math.log(Math.max(variance, smallest)) - 2 * Math.log(share)),
      0,
    );
    if (error < best.error) best = { error, threshold: (last + next) / 2 };
  }
  return best.threshold;
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

/** Share of all values that stand from `from` to before `to`, and their variance. */
function moments({ values, squares }: RunningSums, from: number, to: number) {
  const count = to - from;
  const mean = ((values[to] as number) - (values[from] as number)) / count;
  const variance = ((squares[to] as number) - (squares[from] as number)) / count - mean * mean;
  return { share: count / (values.length - 1), variance };
}
