/**
 * Stateless noise: the same seed and position always give the same value in [0, 1). A trigger needs it at
 * arbitrary positions and in any order, which a sequential generator cannot give.
 */
export function hashNoise(seed: number, ...position: readonly number[]): number {
  let hash = mix(seed ^ 0x9e3779b9);
  for (const coordinate of position) hash = mix(hash ^ Math.imul(coordinate + 1, 0x85ebca6b));
  return hash / 2 ** 32;
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
