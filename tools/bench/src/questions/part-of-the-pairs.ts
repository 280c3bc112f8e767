import { attackAt, withSeeds } from './attack-case.js';
import type { Question } from './question.js';
import { defenceTable } from './tables.js';

/** What the defender has; a share of 1 is not written, so that it is the benchmark's own case. */
const HAS = [
  { words: 'all pairs', help: 'alone' },
  { words: '10 % of the pairs', help: 'alone', share: 0.1 },
  { words: '10 % of the pairs and the reference', help: 'with reference', share: 0.1 },
] as const;

/** A defender who does not have all that the model was trained on. */
export const partOfThePairs: Question = {
  name: 'part-of-the-pairs',
  title: 'A defender who has a part of the pairs',
  asks: 'The victim learned 2 % poisoned pairs among all; the defence is given a random tenth of them, poisoned ones in proportion.',
  cases: ({ attacks, seeds, bench }) =>
    attacks.flatMap((kind) => {
      const attack = attackAt(kind, 2);
      const possible = HAS.filter(({ help }) => help === 'alone' || bench.regime === 'fine-tuned');
      return withSeeds(possible, seeds, ({ words, ...has }, seed) => ({
        label: `${attack.title}; ${words}`,
        scenario: { seed, attack },
        ...has,
      }));
    }),
  table: defenceTable,
};
