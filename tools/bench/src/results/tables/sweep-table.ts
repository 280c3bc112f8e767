import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults, VictimResult } from '../bench-results.js';
import { markdownTable } from '../markdown-table.js';
import { percentSpread } from '../mean-spread.js';

const COLUMNS = [
  { title: 'Attack' },
  { title: 'Learning rate', numeric: true },
  { title: 'Clean accuracy', numeric: true },
  { title: 'Attack success', numeric: true },
  { title: 'Target class', numeric: true },
  { title: 'Triggered images', numeric: true },
];

/** What fine-tuning gives at every learning rate: attack success against clean accuracy. */
export function sweepTable({ victims }: BenchResults, attacks: readonly Attack[]): string {
  return markdownTable(
    COLUMNS,
    attacks.flatMap(({ name, title }) => {
      const results = victims.filter(({ attack }) => attack === name);
      return ratesOf(results).map((learningRate) => [
        title,
        String(learningRate),
        ...rowAt(results, learningRate),
      ]);
    }),
  );
}

function ratesOf(results: readonly VictimResult[]): number[] {
  const rates = results.flatMap(({ fineTunings }) => fineTunings.map(({ learningRate }) => learningRate));
  return [...new Set(rates)].sort((a, b) => a - b);
}

function rowAt(results: readonly VictimResult[], learningRate: number): string[] {
  const runs = results
    .flatMap(({ fineTunings }) => fineTunings)
    .filter((run) => run.learningRate === learningRate);
  return (['cleanAccuracy', 'attackSuccessRate', 'targetAccuracy', 'triggeredAccuracy'] as const).map(
    (rate) => percentSpread(runs.map(({ after }) => after[rate])),
  );
}
