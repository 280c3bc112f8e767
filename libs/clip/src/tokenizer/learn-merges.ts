/** A distinct word: its current symbols and how often it occurs. */
export interface Word {
  symbols: string[];
  readonly count: number;
}

/** Joins two symbols into a map key; no symbol holds this character. */
const SEPARATOR = ' ';

/**
 * Learns BPE merges: again and again joins the most frequent pair of neighbouring symbols (the first in code
 * unit order among equals), until `most` merges are found or no pair occurs twice.
 *
 * @param words is used up
 */
export function learnMerges(words: readonly Word[], most: number): [string, string][] {
  const pairs = new PairCounts(words);
  const merges: [string, string][] = [];
  while (merges.length < most) {
    const best = pairs.mostFrequent();
    if (best === undefined) break;
    const [left, right] = best.split(SEPARATOR) as [string, string];
    merges.push([left, right]);
    pairs.merge(best, left, right);
  }
  return merges;
}

/** Counts of neighbouring pairs, kept up to date while words shrink. */
class PairCounts {
  readonly #words: readonly Word[];
  readonly #counts = new Map<string, number>();
  readonly #places = new Map<string, Set<number>>();

  constructor(words: readonly Word[]) {
    this.#words = words;
    words.forEach((_, index) => this.#count(index, 1));
  }

  mostFrequent(): string | undefined {
    let best: string | undefined;
    let most = 1;
    for (const [pair, count] of this.#counts) {
      if (count > most || (count === most && best !== undefined && pair < best)) {
        best = pair;
        most = count;
      }
    }
    return best;
  }

  merge(pair: string, left: string, right: string): void {
    for (const index of [...(this.#places.get(pair) ?? [])]) {
      this.#count(index, -1);
      const word = this.#words[index]!;
      word.symbols = merged(word.symbols, left, right);
      this.#count(index, 1);
    }
    this.#counts.delete(pair);
    this.#places.delete(pair);
  }

  #count(index: number, sign: 1 | -1): void {
    const { symbols, count } = this.#words[index]!;
    for (let at = 0; at + 1 < symbols.length; at++) {
      const pair = symbols[at]! + SEPARATOR + symbols[at + 1]!;
      const left = (this.#counts.get(pair) ?? 0) + sign * count;
      if (left > 0) this.#counts.set(pair, left);
      else this.#counts.delete(pair);
      if (sign > 0) this.#place(pair).add(index);
    }
  }

  #place(pair: string): Set<number> {
    const places = this.#places.get(pair) ?? new Set<number>();
    this.#places.set(pair, places);
    return places;
  }
}

function merged(symbols: readonly string[], left: string, right: string): string[] {
  const result: string[] = [];
  for (let at = 0; at < symbols.length; at++) {
    const joins = symbols[at] === left && symbols[at + 1] === right;
    result.push(joins ? left + right : symbols[at]!);
    if (joins) at += 1;
  }
  return result;
}
