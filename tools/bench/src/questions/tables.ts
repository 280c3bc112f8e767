import { markdownTable, type Column } from '../results/markdown-table.js';
import { decimalSpread, percentSpread } from '../results/mean-spread.js';
import type { DefenceOutcome, Measures } from '../results/bench-results.js';
import type { CaseDefence, CaseResult } from './case-result.js';

const COLUMNS: readonly Column[] = [
  { title: 'Case' },
  { title: 'Verdicts' },
  { title: 'AUROC', numeric: true },
  { title: 'P@64', numeric: true },
  { title: 'Poisoned pairs found', numeric: true },
  { title: 'Attack success before', numeric: true },
  { title: 'after', numeric: true },
  { title: 'Clean accuracy before', numeric: true },
  { title: 'after', numeric: true },
  { title: 'Target class before', numeric: true },
  { title: 'after', numeric: true },
  { title: 'Triggered images after', numeric: true },
];

/** One line of the usual table: models before, and their defences. */
export interface DefenceLine {
  readonly label: string;
  readonly before: readonly Measures[];
  readonly defences: readonly CaseDefence[];
}

/** The usual table: a line per label, means over its seeds; after a second defence a line of its own. */
export function defenceTable(results: readonly CaseResult[]): string {
  return markdownTable(COLUMNS, defenceLines(results).map(cellsOf));
}

/** The lines of {@link defenceTable}. */
export function defenceLines(results: readonly CaseResult[]): DefenceLine[] {
  return byLabel(results).flatMap(({ label, cases }) => {
    const first = { label, before: cases.map(({ before }) => before), defences: cases };
    const again = cases.flatMap((one) => one.again ?? []);
    if (again.length === 0) return [first];
    const second = {
      label: `${label}, defended again`,
      before: cases.map(({ after }) => after),
      defences: again,
    };
    return [first, second];
  });
}

/** Results with the same label, in the order in which labels come. */
export function byLabel(results: readonly CaseResult[]): { label: string; cases: CaseResult[] }[] {
  const groups = new Map<string, CaseResult[]>();
  for (const result of results) groups.set(result.label, [...(groups.get(result.label) ?? []), result]);
  return [...groups].map(([label, cases]) => ({ label, cases }));
}

/** A line's cells, in the order of the usual columns. */
export function cellsOf({ label, before, defences }: DefenceLine): string[] {
  const outcomes = defences.map(({ outcome }) => outcome);
  const after = defences.map((defence) => defence.after);
  const both = (rate: (measures: Measures) => number | undefined) => [
    percentSpread(before.map(rate)),
    percentSpread(after.map(rate)),
  ];
  return [
    ...[label, verdictsOf(outcomes)],
    decimalSpread(outcomes.map(({ detection }) => detection?.auroc)),
    decimalSpread(outcomes.map(({ detection }) => detection?.precisionAtK)),
    percentSpread(outcomes.map(({ list }) => list?.recall)),
    ...both(({ attackSuccessRate }) => attackSuccessRate),
    ...both(({ cleanAccuracy }) => cleanAccuracy),
    ...both(({ targetAccuracy }) => targetAccuracy),
    percentSpread(after.map(({ triggeredAccuracy }) => triggeredAccuracy)),
  ];
}

/** How often each verdict was given, and what became of the model: `backdoored, repaired (2); clean (1)`. */
export function verdictsOf(outcomes: readonly DefenceOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { verdict, outcome } of outcomes) {
    const words = verdict === 'backdoored' ? `${verdict}, ${outcome}` : verdict;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].map(([words, count]) => `${words} (${count})`).join('; ');
}
