import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults, Measures, VictimResult } from '../bench-results.js';
import { bestLearningRate } from '../best-fine-tuning.js';
import { markdownTable } from '../markdown-table.js';
import { percentSpread } from '../mean-spread.js';

const COLUMNS = [
  { title: 'Attack' },
  { title: 'Model' },
  { title: 'Clean accuracy', numeric: true },
  { title: 'Attack success', numeric: true },
  { title: 'Target class', numeric: true },
  { title: 'Triggered images', numeric: true },
];

/** Accuracy and attack success of each attack's victims, after each defence, and of honest models. */
export function modelsTable({ victims }: BenchResults, attacks: readonly Attack[]): string {
  return markdownTable(
    COLUMNS,
    attacks.flatMap(({ name, title }) => {
      const results = victims.filter(({ attack }) => attack === name);
      return modelsOf(results)
        .filter(({ measures }) => measures.length > 0)
        .map(({ model, measures }) => [title, model, ...ratesOf(measures)]);
    }),
  );
}

function modelsOf(results: readonly VictimResult[]): { model: string; measures: Measures[] }[] {
  const after = (help: string) =>
    results.flatMap(({ defences }) => defences.filter((run) => run.help === help).map((run) => run.after));
  const best = bestLearningRate(results);
  return [
    { model: 'victim', measures: results.flatMap(({ victim }) => victim ?? []) },
    { model: 'after UBT', measures: after('alone') },
    { model: 'after UBT with reference', measures: after('with reference') },
    {
      model: `after fine-tuning, best rate ${best}`,
      measures: results.flatMap(({ fineTunings }) =>
        fineTunings.filter(({ learningRate }) => learningRate === best).map((run) => run.after),
      ),
    },
    { model: 'never poisoned', measures: results.flatMap(({ honest }) => honest ?? []) },
  ];
}

function ratesOf(measures: readonly Measures[]): string[] {
  return (['cleanAccuracy', 'attackSuccessRate', 'targetAccuracy', 'triggeredAccuracy'] as const).map(
    (rate) => percentSpread(measures.map((each) => each[rate])),
  );
}
