import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults, MeasuredRate, Measures, VictimResult } from '../bench-results.js';
import { BASELINES } from '../../defence/baselines/baselines.js';
import { bestLearningRate, runsOf } from '../best-learning-rate.js';
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
      return [...modelsOf(results), ...backdoorsOf(results)]
        .filter(({ measures }) => measures.length > 0)
        .map(({ model, measures }) => [title, model, ...ratesOf(measures)]);
    }),
  );
}

function modelsOf(results: readonly VictimResult[]): { model: string; measures: Measures[] }[] {
  const after = (help: string) =>
    results.flatMap(({ defences }) => defences.filter((run) => run.help === help).map((run) => run.after));
  return [
    { model: 'victim', measures: results.flatMap(({ victim }) => victim ?? []) },
    { model: 'after UBT', measures: after('alone') },
    { model: 'after UBT with reference', measures: after('with reference') },
    ...reboundOf(results),
    ...BASELINES.map(({ name, title }) => {
      const best = bestLearningRate(results, name);
      const runs = best === undefined ? [] : runsOf(results, name, best);
      return { model: `after ${title}, best rate ${best}`, measures: runs.map((run) => run.after) };
    }),
    { model: 'never poisoned', measures: results.flatMap(({ honest }) => honest ?? []) },
  ];
}

function reboundOf(results: readonly VictimResult[]): { model: string; measures: Measures[] }[] {
  const rebounds = results.flatMap(({ rebound }) => rebound ?? []);
  const steps = rebounds[0]?.steps;
  return [{ model: `after UBT and ${steps} clean steps`, measures: rebounds.map(({ after }) => after) }];
}

type Rates = Pick<Measures, MeasuredRate>;

/** The backdoors of attacks with several, each by itself. */
function backdoorsOf(results: readonly VictimResult[]): { model: string; measures: Rates[] }[] {
  const rows = (model: string, measures: readonly (Measures | undefined)[]) => {
    const count = Math.max(0, ...measures.map((each) => each?.backdoors?.length ?? 0));
    return Array.from({ length: count }, (_, at) => ({
      model: `${model}, backdoor ${at + 1}`,
      measures: measures.flatMap((each) => {
        const backdoor = each?.backdoors?.[at];
        return each === undefined || backdoor === undefined
          ? []
          : [{ ...backdoor, cleanAccuracy: each.cleanAccuracy }];
      }),
    }));
  };
  return [
    ...rows(
      'victim',
      results.map(({ victim }) => victim),
    ),
    ...rows(
      'after UBT',
      results.flatMap(({ defences }) =>
        defences.filter(({ help }) => help === 'alone').map(({ after }) => after),
      ),
    ),
  ];
}

function ratesOf(measures: readonly Rates[]): string[] {
  return (['cleanAccuracy', 'attackSuccessRate', 'targetAccuracy', 'triggeredAccuracy'] as const).map(
    (rate) => percentSpread(measures.map((each) => each[rate])),
  );
}
