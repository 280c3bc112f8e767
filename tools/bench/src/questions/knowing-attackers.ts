import { attackAt, withSeeds } from './attack-case.js';
import type { Question } from './question.js';
import { defenceTable } from './tables.js';

/** Poison rate, in per cent. */
const RATE = 2;

/** A question about an attack that works around a part of the method, beside the attack that does not. */
function knowingAttacker(about: Pick<Question, 'name' | 'title' | 'asks'>, beside: string): Question {
  return {
    ...about,
    cases: ({ seeds }) =>
      withSeeds(
        [beside, about.name].map((kind) => attackAt(kind, RATE)),
        seeds,
        (attack, seed) => ({ label: attack.title, scenario: { seed, attack } }),
      ),
    table: defenceTable,
  };
}

/** Poisoned captions without a common word. */
export const synonyms = knowingAttacker(
  {
    name: 'synonyms',
    title: 'An attacker who spreads the target over synonyms',
    asks: 'Poisoned captions name the target in turn by its own name and by words that go along with it, so that no word is common to them; beside it the same patch with captions of the target.',
  },
  'patch',
);

/** The trigger under true captions as well. */
export const coverPairs = knowingAttacker(
  {
    name: 'cover-pairs',
    title: 'An attacker who adds cover pairs',
    asks: 'As many pairs as are poisoned carry the trigger under their true captions. They count as not poisoned.',
  },
  'patch',
);

/** Poisoned images that look like the target. */
export const similarPairs = knowingAttacker(
  {
    name: 'similar-pairs',
    title: 'An attacker who poisons similar pairs',
    asks: 'Poisoned are the pairs whose images look most like the target to a clean model, so that image and caption fit better than at random.',
  },
  'patch',
);
