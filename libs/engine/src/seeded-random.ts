/** A deterministic source of random numbers: the same seed gives the same numbers on every machine. */
export interface SeededRandom {
  /** Uniform in `[low, high)`; default `[0, 1)`. */
  uniform(low?: number, high?: number): number;
  /** Normal with the mean and standard deviation; default 0 and 1. */
  normal(mean?: number, deviation?: number): number;
  /** A whole number in `[0, n)`. */
  int(n: number): number;
  /** A new array with the elements in random order (Fisher-Yates). */
  shuffle<T>(array: readonly T[]): T[];
}

/**
 * Makes a generator (sfc32 by Chris Doty-Humphrey, seeded by splitmix32; passes PractRand). For tests, samplers
 * and initial weights; not for secrets.
 *
 * @param seed any finite number; its fraction counts too
 */
export function seededRandom(seed: number): SeededRandom {
  const next = sfc32(seed);
  let spare: number | null = null;
  const uniform = (low = 0, high = 1): number => {
    // 53 random bits, so that every multiple of 2^-53 in [0, 1) can come up.
    const unit = ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
    return low + unit * (high - low);
  };
  const normal = (mean = 0, deviation = 1): number => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return mean + deviation * kept;
    }
    // Box-Muller gives two at a time; 1 − u keeps the logarithm finite.
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  };
  const int = (n: number): number => Math.floor(uniform() * n);
  const shuffle = <T>(array: readonly T[]): T[] => {
    const shuffled = [...array];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = int(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  };
  return { uniform, normal, int, shuffle };
}

function sfc32(seed: number): () => number {
  const [low, high] = new Uint32Array(Float64Array.of(seed).buffer);
  const mix = splitmix32(low! ^ Math.imul(high!, 0x9e3779b1));
  let [a, b, c, counter] = [mix(), mix(), mix(), 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) | 0;
  };
}
