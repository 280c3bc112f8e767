/** ‖a − b‖ / ‖b‖, with a floor under the norm for what is zero but for rounding. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>, floor = 1e-4): number {
  if (a.length !== b.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let at = 0; at < a.length; at++) {
    difference += (a[at]! - b[at]!) ** 2;
    norm += b[at]! ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), floor);
}

/** The largest absolute difference. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(a).reduce((worst, value, at) => Math.max(worst, Math.abs(value - b[at]!)), 0);
}

/** The largest of a difference over two maps with the same names; Infinity when the names differ. */
export function worstByName(
  a: ReadonlyMap<string, Float32Array>,
  b: ReadonlyMap<string, Float32Array>,
  difference: (a: Float32Array, b: Float32Array) => number,
): number {
  if (a.size !== b.size || a.size === 0) return Infinity;
  return Math.max(...[...a].map(([name, values]) => difference(values, b.get(name) ?? new Float32Array(0))));
}

/** All values one after the other, in the order of the names. */
export function concatenated(tensors: ReadonlyMap<string, Float32Array>): Float32Array {
  const names = [...tensors.keys()].sort();
  return Float32Array.from(names.flatMap((name) => Array.from(tensors.get(name)!)));
}
