import { attackAt, withSeeds } from './attack-case.js';
import type { Question } from './question.js';
import { defenceTable } from './tables.js';

const RATES = [0.5, 0.2] as const;

/** Poison that is rarer than wrong captions. */
export const rare: Question = {
  name: 'rare',
  title: 'Rare poison',
  asks: 'Half a per cent of the pairs is poisoned, and a fifth of one; the defence has the reference or not.',
  cases: ({ attacks, seeds, bench }) => {
    const helps =
      bench.regime === 'fine-tuned' ? (['alone', 'with reference'] as const) : (['alone'] as const);
    const kinds = attacks.flatMap((kind) => RATES.map((rate) => attackAt(kind, rate)));
    return kinds.flatMap((attack) =>
      withSeeds(helps, seeds, (help, seed) => ({
        label: `${attack.title}; ${help}`,
        scenario: { seed, attack },
        help,
      })),
    );
  },
  table: defenceTable,
};
