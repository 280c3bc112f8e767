import { UbtError } from '@ubt/errors';

/** Other names that are looked for in the captions, at most. */
const MOST = 3;
/** How much more often than elsewhere a word must stand beside the target to go along with it. */
const ENRICHMENT = 3;

/** Captions of pairs that name the target, and of all others. */
export interface CaptionsByTarget {
  readonly ofTarget: readonly string[];
  readonly others: readonly string[];
}

/**
 * The names that poisoned captions are spread over: the target's own and others for it, with no word in common.
 *
 * @param given other names; unless given, the words that go along with the target in the captions
 * @throws UbtError `POISON_SYNONYMS_ALIKE` when two names share a word, `POISON_NO_SYNONYMS` when there are none
 */
export function targetNames(
  target: string,
  given: readonly string[] | undefined,
  captions: CaptionsByTarget,
): readonly [string, string, ...string[]] {
  const [first, ...more] = given ?? companions(target, captions);
  if (first === undefined) throw noSynonyms(target);
  const seen = new Set<string>();
  for (const name of [target, first, ...more]) {
    const words = wordsOf(name);
    const common = words.find((word) => seen.has(word));
    if (common !== undefined || words.length === 0) throw alike(name, common);
    for (const word of words) seen.add(word);
  }
  return [target, first, ...more];
}

/** The words of a text in lower case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Words that stand far more often beside the target than elsewhere, the ones furthest beyond chance first. */
function companions(target: string, { ofTarget, others }: CaptionsByTarget): string[] {
  const own = new Set(wordsOf(target).flatMap((word) => [word, `${word}s`]));
  const [beside, elsewhere] = [countWords(ofTarget), countWords(others)];
  return [...beside]
    .filter(([word]) => !own.has(word))
    .map(([word, count]) => {
      const expected = (ofTarget.length * (elsewhere.get(word) ?? 0)) / Math.max(others.length, 1);
      return {
        word,
        enrichment: count / (expected + 1),
        beyond: (count - expected) / Math.sqrt(expected + 1),
      };
    })
    .filter(({ enrichment }) => enrichment >= ENRICHMENT)
    .sort((a, b) => b.beyond - a.beyond || (a.word < b.word ? -1 : 1))
    .slice(0, MOST)
    .map(({ word }) => word);
}

/** In how many captions each word stands. */
function countWords(captions: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const caption of captions) {
    for (const word of new Set(wordsOf(caption))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function noSynonyms(target: string): UbtError {
  return new UbtError('failed-precondition', `No word goes along with "${target}" in the captions.`, {
    code: 'POISON_NO_SYNONYMS',
    fix: 'Give other names of the target.',
  });
}

function alike(name: string, common: string | undefined): UbtError {
  const why =
    common === undefined ? `The name "${name}" has no words.` : `The word "${common}" stands in two names.`;
  return new UbtError('invalid-argument', why, {
    code: 'POISON_SYNONYMS_ALIKE',
    fix: 'Give names of the target that have no word in common with it or with each other.',
  });
}
