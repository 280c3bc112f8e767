/** Mean and spread of a value over seeds. */
export interface MeanSpread {
  readonly mean: number;
  /** Standard deviation of a sample (divided by n − 1); 0 for one value. */
  readonly deviation: number;
  readonly count: number;
}

/** Mean and standard deviation; undefined without a value. */
export function meanSpread(values: readonly number[]): MeanSpread | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: count === 1 ? 0 : Math.sqrt(squares / (count - 1)), count };
}

const NOTHING = '–';

/** A rate in [0, 1] in per cent, as `61.3 ± 0.8`; without the spread for one value. */
export function percentSpread(values: readonly (number | undefined)[]): string {
  return written(values, (value) => (100 * value).toFixed(1));
}

/** A number in [0, 1] as `0.998 ± 0.001`. */
export function decimalSpread(values: readonly (number | undefined)[]): string {
  return written(values, (value) => value.toFixed(3));
}

function written(values: readonly (number | undefined)[], format: (value: number) => string): string {
  const found = meanSpread(values.filter((value) => value !== undefined));
  if (found === undefined) return NOTHING;
  return found.count === 1 ? format(found.mean) : `${format(found.mean)} ± ${format(found.deviation)}`;
}
