import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults, UnpoisonedResult } from '../bench-results.js';
import { markdownTable } from '../markdown-table.js';

const COLUMNS = [
  { title: 'Pairs' },
  { title: 'Seed', numeric: true },
  { title: 'Target' },
  { title: 'Defence' },
  { title: 'Verdict' },
  { title: 'Model' },
  { title: 'Compromised tokens' },
  { title: 'Suspects', numeric: true },
  { title: 'Poisoned', numeric: true },
  { title: 'Found', numeric: true },
  { title: 'Pairs unlearned', numeric: true },
  { title: 'Steps', numeric: true },
];

/** What every single defence found and did. */
export function verdictsTable({ victims, unpoisoned }: BenchResults, attacks: readonly Attack[]): string {
  return markdownTable(COLUMNS, [
    ...attacks.flatMap(({ name, title }) =>
      victims
        .filter(({ attack }) => attack === name)
        .flatMap(({ defences, seed, target }) => rowsOf(defences, title, seed, target)),
    ),
    ...unpoisoned.flatMap(({ defences, seed }) => rowsOf(defences, 'unpoisoned', seed, '–')),
  ]);
}

function rowsOf(
  defences: UnpoisonedResult['defences'],
  pairs: string,
  seed: number,
  target: string,
): string[][] {
  return defences.map(({ help, outcome }) => [
    ...[pairs, String(seed), target, help, outcome.verdict, outcome.outcome],
    outcome.tokens === '' ? '–' : outcome.tokens,
    String(outcome.suspects),
    ...[outcome.list?.precision, outcome.list?.recall].map(percentOf),
    ...[outcome.unlearnPairs, outcome.keptStep].map((count) => (count === undefined ? '–' : String(count))),
  ]);
}

const percentOf = (rate: number | undefined) => (rate === undefined ? '–' : `${(100 * rate).toFixed(0)} %`);
