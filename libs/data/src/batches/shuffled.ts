/** A shuffled copy of row numbers (Fisher–Yates over a 32-bit generator); the same seed, the same order. */
export function shuffled(rows: Uint32Array, seed: number): Uint32Array {
  const copy = Uint32Array.from(rows);
  const next = generator(seed);
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    const kept = copy[last]!;
    copy[last] = copy[other]!;
    copy[other] = kept;
  }
  return copy;
}

/** Mulberry32: uniform in [0, 1). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
