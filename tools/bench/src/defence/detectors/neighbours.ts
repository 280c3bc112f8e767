/** The k nearest of a point, nearest first. */
export interface Neighbours {
  /** Places in the pool. */
  readonly places: readonly number[];
  /** Euclidean distances, rising. */
  readonly distances: readonly number[];
}

/**
 * The k nearest neighbours of every unit vector of a pool within the pool, itself left out.
 *
 * @param k fewer where the pool is smaller
 */
export function nearestNeighbours(pool: readonly Float32Array[], k: number): Neighbours[] {
  return pool.map((point, own) => {
    const squared = Float64Array.from(pool, (other, place) =>
      place === own ? Infinity : Math.max(0, 2 - 2 * dot(point, other)),
    );
    const places = nearest(squared, Math.min(k, pool.length - 1));
    return { places, distances: places.map((place) => Math.sqrt(squared[place]!)) };
  });
}

/** Distance to the last of the neighbours, kept above 0, so that ratios of twins stay finite. */
export const reach = ({ distances }: Neighbours): number => Math.max(distances.at(-1) ?? 0, 1e-6);

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/** Places of the k smallest values in rising order, by insertion: k is small. */
function nearest(values: Float64Array, k: number): number[] {
  const best: number[] = [];
  values.forEach((value, place) => {
    if (best.length === k && value >= values[best[k - 1]!]!) return;
    let at = best.length;
    while (at > 0 && values[best[at - 1]!]! > value) at--;
    best.splice(at, 0, place);
    if (best.length > k) best.pop();
  });
  return best;
}
