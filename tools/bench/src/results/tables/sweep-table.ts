import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults, VictimResult } from '../bench-results.js';
import { BASELINES } from '../../defence/baselines/baselines.js';
import { learningRates, runsOf } from '../best-learning-rate.js';
import { markdownTable } from '../markdown-table.js';
import { percentSpread } from '../mean-spread.js';

const COLUMNS = [
  { title: 'Attack' },
  { title: 'Baseline' },
  { title: 'Learning rate', numeric: true },
  { title: 'Clean accuracy', numeric: true },
  { title: 'Attack success', numeric: true },
  { title: 'Target class', numeric: true },
  { title: 'Triggered images', numeric: true },
];

/** What each baseline gives at every learning rate: attack success against clean accuracy. */
export function sweepTable({ victims }: BenchResults, attacks: readonly Attack[]): string {
  return markdownTable(
    COLUMNS,
    attacks.flatMap(({ name, title }) => {
      const results = victims.filter(({ attack }) => attack === name);
      return BASELINES.flatMap((baseline) =>
        learningRates(results, baseline.name).map((learningRate) => [
          ...[title, baseline.title, String(learningRate)],
          ...ratesOf(runsOf(results, baseline.name, learningRate)),
        ]),
      );
    }),
  );
}

function ratesOf(runs: VictimResult['baselines']): string[] {
  return (['cleanAccuracy', 'attackSuccessRate', 'targetAccuracy', 'triggeredAccuracy'] as const).map(
    (rate) => percentSpread(runs.map(({ after }) => after[rate])),
  );
}
