import type { SeededRandom } from '@ubt/engine';

/** Share of the words that an edit concerns. */
const SHARE = 0.1;

/** Takes and gives words; at least two come in. */
type Edit = (words: readonly string[], random: SeededRandom) => string[];

const swap: Edit = (words, random) => {
  const copy = [...words];
  for (let times = edits(words); times > 0; times--) {
    const [a, b] = [random.int(copy.length), random.int(copy.length)];
    [copy[a], copy[b]] = [copy[b]!, copy[a]!];
  }
  return copy;
};

const remove: Edit = (words, random) => {
  const kept = words.filter(() => random.uniform() >= SHARE);
  return kept.length === 0 ? [words[random.int(words.length)]!] : kept;
};

/** EDA inserts a synonym; without a thesaurus it is one of the caption's own words. */
const insert: Edit = (words, random) => {
  const copy = [...words];
  for (let times = edits(words); times > 0; times--) {
    copy.splice(random.int(copy.length + 1), 0, words[random.int(words.length)]!);
  }
  return copy;
};

const EDITS = [swap, remove, insert];

const edits = (words: readonly string[]) => Math.max(1, Math.round(SHARE * words.length));

/**
 * Changes a caption a little, as EDA does (arXiv 1901.11196): words are swapped, removed or inserted at random.
 *
 * @returns the caption itself when it has fewer than two words
 */
export function editCaption(caption: string, random: SeededRandom): string {
  const words = caption.split(/\s+/).filter((word) => word !== '');
  return words.length < 2 ? caption : EDITS[random.int(EDITS.length)]!(words, random).join(' ');
}
