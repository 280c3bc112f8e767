/**
 * Mean pairwise cosine of unit vectors, in [-1, 1]: near 1 when they have collapsed onto one direction.
 *
 * @param embeddings `[n, dimension]`, row-major
 * @param indices which rows to look at; at least two
 */
export function meanPairwiseCosine(
  embeddings: Float32Array,
  dimension: number,
  indices: readonly number[],
): number {
  const sum = new Float64Array(dimension);
  for (const index of indices) {
    for (let k = 0; k < dimension; k++) {
      sum[k] = (sum[k] as number) + (embeddings[index * dimension + k] as number);
    }
  }
  // ‖Σ v‖² holds every ordered pair once and every vector with itself.
  const all = sum.reduce((total, value) => total + value * value, 0);
  const n = indices.length;
  return (all - n) / (n * (n - 1));
}
