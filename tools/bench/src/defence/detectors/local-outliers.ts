import { nearestNeighbours, reach, type Neighbours } from './neighbours.js';

/** Neighbours that are looked at, as published. */
const NEIGHBOURS = 16;

/**
 * Simplified local outlier factor: how much farther a point's 16th neighbour is than those of its neighbours, on
 * average (as used in arXiv 2502.01385).
 *
 * @param queries places of the points that are scored
 * @returns one score per query; about 1 for points as dense as their surroundings, above it for outliers
 */
export function slof(pool: readonly Float32Array[], queries: readonly number[]): number[] {
  return outlierScores(pool, queries, (own, others) => {
    const mean = others.reduce((sum, other) => sum + reach(other), 0) / others.length;
    return reach(own) / mean;
  });
}

/**
 * Dimensionality-aware outlier score: the mean over the neighbours of `(reach / neighbour's reach) ^ (local
 * intrinsic dimension at the neighbour)` (as used in arXiv 2502.01385), as its logarithm, which orders the same and
 * cannot overflow.
 */
export function dao(pool: readonly Float32Array[], queries: readonly number[]): number[] {
  return outlierScores(pool, queries, (own, others) => {
    const exponents = others.map((other) => intrinsicDimension(other) * Math.log(reach(own) / reach(other)));
    const highest = Math.max(...exponents);
    const sum = exponents.reduce((total, exponent) => total + Math.exp(exponent - highest), 0);
    return highest + Math.log(sum / others.length);
  });
}

function outlierScores(
  pool: readonly Float32Array[],
  queries: readonly number[],
  score: (own: Neighbours, others: readonly Neighbours[]) => number,
): number[] {
  const neighbours = nearestNeighbours(pool, NEIGHBOURS);
  return queries.map((place) => {
    const own = neighbours[place]!;
    return own.places.length === 0
      ? 0
      : score(
          own,
          own.places.map((other) => neighbours[other]!),
        );
  });
}

/** Maximum-likelihood estimate of the local intrinsic dimension (Levina and Bickel 2004), bounded for twins. */
function intrinsicDimension(point: Neighbours): number {
  const last = reach(point);
  const logs = point.distances.map((distance) => Math.log(Math.max(distance, 1e-6) / last));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return Math.min(100, 1 / Math.max(-mean, 0.01));
}
