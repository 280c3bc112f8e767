import { SELECT_DEFAULTS } from '@ubt/selector';
import { UNLEARN_DEFAULTS } from '@ubt/unlearner';
import { markdownTable, type Column } from '../results/markdown-table.js';
import { percentSpread } from '../results/mean-spread.js';
import type { Ablation } from './ablation.js';
import { attackAt, withSeeds } from './attack-case.js';
import type { CaseResult } from './case-result.js';
import type { Question } from './question.js';
import { byLabel, cellsOf, defenceTable } from './tables.js';

/** What is left out, in words. */
const PARTS: readonly (readonly [string, Ablation])[] = [
  ['as it is', {}],
  ['without overfitting', { overfitting: false }],
  ['without agreement of the captions', { agreement: false }],
  ['without the token portion', { tokenPortion: false }],
  ['without distillation', { weights: { distil: 0 } }],
  ['without restoring', { weights: { restore: 0 } }],
  ['without upholding the target', { weights: { uphold: 0 } }],
];

/** Pairs to unlearn; the default is among them. */
const UNLEARN_PAIRS = [8, 16, 32, 64, 128, 256] as const;
/** Most steps of unlearning; the default is among them. */
const STEPS = [20, 40, 60, 100, 200] as const;

/** The method with a part of it left out. */
export const ablations: Question = {
  name: 'ablations',
  title: 'What each part of the method brings',
  asks: 'The stages as the services run them, without the contract around them, a part left out. Without overfitting, pairs are ranked by the mean of their ranks by low cosine and by view drop. Without agreement, overfitting takes the unlikely pairs and then those that moved most, whatever their captions say; the selection still reads the captions. Without the token portion, whole captions are unlearned.',
  cases: ({ attacks, seeds }) =>
    attacks.flatMap((kind) => {
      const attack = attackAt(kind, 2);
      return withSeeds(PARTS, seeds, ([words, ablation], seed) => ({
        label: `${attack.title}; ${words}`,
        scenario: { seed, attack },
        ablation,
      }));
    }),
  table: defenceTable,
};

/** The method with more or fewer pairs to unlearn, and steps. */
export const sizes: Question = {
  name: 'ablations-sizes',
  title: 'Pairs to unlearn, and steps',
  asks: 'As above, with other sizes of the unlearn set, and other limits of the steps; everything else as it is. The stop rule may end earlier, and the best model on the way is kept.',
  cases: ({ attacks, seeds }) =>
    attacks.flatMap((kind) => {
      const attack = attackAt(kind, 2);
      const variants = [
        ...UNLEARN_PAIRS.map((unlearnPairs) => [`${unlearnPairs} pairs`, { unlearnPairs }] as const),
        ...STEPS.map((unlearnSteps) => [`at most ${unlearnSteps} steps`, { unlearnSteps }] as const),
      ];
      return withSeeds(variants, seeds, ([words, ablation], seed) => ({
        label: `${attack.title}; ${words}`,
        scenario: { seed, attack },
        ablation: plain(ablation),
      }));
    }),
  table: sizesTable,
};

/** The defaults are no ablation: they are the same piece in the cache as the method as it is. */
function plain(ablation: Pick<Ablation, 'unlearnPairs' | 'unlearnSteps'>): Ablation {
  const isDefault =
    ablation.unlearnPairs === SELECT_DEFAULTS.unlearnPairs ||
    ablation.unlearnSteps === UNLEARN_DEFAULTS.maxSteps;
  return isDefault ? {} : ablation;
}

const COLUMNS: readonly Column[] = [
  { title: 'Case' },
  { title: 'Pairs unlearned', numeric: true },
  { title: 'Steps kept', numeric: true },
  { title: 'Attack success after', numeric: true },
  { title: 'Clean accuracy before', numeric: true },
  { title: 'after', numeric: true },
  { title: 'Target class after', numeric: true },
  { title: 'Triggered images after', numeric: true },
];

function sizesTable(results: readonly CaseResult[]): string {
  const rows = byLabel(results).map(({ label, cases }) => {
    const counts = (of: (outcome: CaseResult['outcome']) => number | undefined) =>
      [...new Set(cases.map(({ outcome }) => of(outcome) ?? '–'))].join(', ');
    const [, , , , , , after, clean, cleanAfter] = cellsOf({
      label,
      before: cases.map(({ before }) => before),
      defences: cases,
    });
    return [
      ...[label, counts(({ unlearnPairs }) => unlearnPairs), counts(({ keptStep }) => keptStep)],
      ...[after!, clean!, cleanAfter!],
      percentSpread(cases.map((one) => one.after.targetAccuracy)),
      percentSpread(cases.map((one) => one.after.triggeredAccuracy)),
    ];
  });
  return markdownTable(COLUMNS, rows);
}
