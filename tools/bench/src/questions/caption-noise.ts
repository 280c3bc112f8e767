import { attackAt, withSeeds } from './attack-case.js';
import type { Question } from './question.js';
import { defenceTable } from './tables.js';

/** Shares of wrong captions; the first is the benchmark's own. */
const NOISE = [0.02, 0.1, 0.2] as const;

/** Captions that are wrong by nature: they look like poison, and there are more of them. */
export const captionNoise: Question = {
  name: 'caption-noise',
  title: 'Wrong captions by nature',
  asks: 'Beside 2 % poisoned pairs, 2, 10 and 20 % of the captions are those of other classes.',
  cases: ({ attacks, seeds }) =>
    attacks.flatMap((kind) => {
      const attack = attackAt(kind, 2);
      return withSeeds(NOISE, seeds, (naturalNoise, seed) => ({
        label: `${attack.title}; ${100 * naturalNoise} % wrong captions`,
        scenario: { seed, attack },
        setting: { naturalNoise },
      }));
    }),
  table: defenceTable,
};
