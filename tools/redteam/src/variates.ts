import { hashNoise } from '@ubt/evaluation';

/** Random draws that depend only on their key: adding a drawing never changes another one's views. */
export interface Variates {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  int(count: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items; the list must not be empty. */
  pick<Item>(items: readonly Item[]): Item;
  /** A shuffled copy (Fisher–Yates). */
  shuffled<Item>(items: readonly Item[]): Item[];
}

/** Starts the draws that belong to a seed and a key, such as the drawing's and the variant's number. */
export function variates(seed: number, ...key: readonly number[]): Variates {
  let drawn = 0;
  const next = () => hashNoise(seed, ...key, drawn++);
  const int = (count: number) => Math.floor(next() * count);
  return {
    uniform: (low, high) => low + (high - low) * next(),
    int,
    chance: (probability) => next() < probability,
    pick: (items) => items[int(items.length)]!,
    shuffled(items) {
      const copy = [...items];
      for (let last = copy.length - 1; last > 0; last--) {
        const other = int(last + 1);
        [copy[last], copy[other]] = [copy[other]!, copy[last]!];
      }
      return copy;
    },
  };
}
