import { markdownTable } from '../results/markdown-table.js';
import { percentSpread } from '../results/mean-spread.js';
import { attackAt, withSeeds } from './attack-case.js';
import type { CaseResult } from './case-result.js';
import type { Question } from './question.js';
import { byLabel, defenceTable } from './tables.js';

/** Two backdoors at once, with two targets. */
export const severalTargets: Question = {
  name: 'several-targets',
  title: 'Several targets',
  asks: 'Two backdoors in one model, a patch for one target and a blend for another, each at the rate named. The model that comes out is defended again, as a user may do. Attack success is the mean of both; the second table has each by itself.',
  cases: ({ seeds }) =>
    withSeeds([attackAt('two-targets', 2), attackAt('two-targets', 1)], seeds, (attack, seed) => ({
      label: attack.title,
      scenario: { seed, attack },
      twice: true,
    })),
  table: (results) =>
    [defenceTable(results), backdoorTable(results)].filter((text) => text !== '').join('\n'),
};

const COLUMNS = [
  { title: 'Case' },
  { title: 'Backdoor' },
  { title: 'Attack success before', numeric: true },
  { title: 'after', numeric: true },
  { title: 'defended again', numeric: true },
];

function backdoorTable(results: readonly CaseResult[]): string {
  const rows = byLabel(results).flatMap(({ label, cases }) =>
    ['patch', 'blend'].map((name, at) => [
      ...[label, name],
      ...[
        cases.map(({ before }) => before.backdoors?.[at]),
        cases.map(({ after }) => after.backdoors?.[at]),
        cases.map(({ again }) => again?.after.backdoors?.[at]),
      ].map((backdoors) => percentSpread(backdoors.map((backdoor) => backdoor?.attackSuccessRate))),
    ]),
  );
  return markdownTable(COLUMNS, rows);
}
