import { ATTACKS } from '../defence/scenarios.js';
import type { BenchResults, Measures, VictimResult } from './bench-results.js';
import { markdownTable } from './markdown-table.js';

/** What the defence promises on this data, checked on the worst seed. */
interface Goal {
  readonly promise: string;
  readonly attacks: readonly string[];
  /** The value of one victim; undefined when it was not measured. */
  value(result: VictimResult): number | undefined;
  readonly direction: 'at least' | 'at most';
  readonly bound: number;
}

const POINT = 0.01;
const atLeast = (rate: number) => ATTACKS.filter((attack) => attack.rate >= rate).map(({ name }) => name);
const ALL = atLeast(0.01);
const TWO_PERCENT = atLeast(0.02);

const GOALS: readonly Goal[] = [
  {
    promise: 'Victim: attack success at least 0.80 (patch, 2 %)',
    ...{ attacks: ['patch-2'], direction: 'at least', bound: 0.8 },
    value: ({ victim }) => victim?.attackSuccessRate,
  },
  {
    promise: 'Detection: AUROC at least 0.99 at 2 %',
    ...{ attacks: TWO_PERCENT, direction: 'at least', bound: 0.99 },
    value: (result) => alone(result)?.outcome.detection?.auroc,
  },
  {
    promise: 'Detection: P@64 at least 0.95 at 2 %',
    ...{ attacks: TWO_PERCENT, direction: 'at least', bound: 0.95 },
    value: (result) => alone(result)?.outcome.detection?.precisionAtK,
  },
  {
    promise: 'After the defence: attack success at most 0.01',
    ...{ attacks: ALL, direction: 'at most', bound: 0.01 },
    value: (result) => alone(result)?.after.attackSuccessRate,
  },
  {
    promise: 'After the defence: clean accuracy at most 0.02 lower',
    ...{ attacks: ALL, direction: 'at most', bound: 2 * POINT },
    value: (result) => lost(result, 'cleanAccuracy'),
  },
  {
    promise: 'After the defence: target-class accuracy at most 0.05 lower',
    ...{ attacks: ALL, direction: 'at most', bound: 5 * POINT },
    value: (result) => lost(result, 'targetAccuracy'),
  },
  {
    promise: 'After the defence: triggered images recognised at least half as often as clean ones',
    ...{ attacks: ALL, direction: 'at least', bound: 0.5 },
    value: (result) => recognised(alone(result)?.after),
  },
  {
    promise: 'The same with reference: at least 0.9 as often',
    ...{ attacks: ALL, direction: 'at least', bound: 0.9 },
    value: (result) => recognised(result.defences.find(({ help }) => help === 'with reference')?.after),
  },
  {
    promise: 'After the defence and clean training: attack success at most 0.03',
    ...{ attacks: ALL, direction: 'at most', bound: 0.03 },
    value: ({ rebound }) => rebound?.after.attackSuccessRate,
  },
];

/** The promises, the worst seed of each, and whether they were kept. */
export function goalsTable({ victims, unpoisoned }: BenchResults): string {
  const rows = GOALS.map(({ promise, attacks, value, direction, bound }) => {
    const values = victims
      .filter(({ attack }) => attacks.includes(attack))
      .map(value)
      .filter((found) => found !== undefined);
    const worst = direction === 'at least' ? Math.min(...values) : Math.max(...values);
    if (values.length === 0) return [promise, 'not measured', ''];
    const kept = direction === 'at least' ? worst >= bound : worst <= bound + Number.EPSILON;
    return [promise, `${worst.toFixed(3)} (worst of ${values.length})`, kept ? 'yes' : 'no'];
  });
  const columns = [{ title: 'Promise' }, { title: 'Measured' }, { title: 'Kept' }];
  return markdownTable(columns, [...rows, unpoisonedRow(unpoisoned)]);
}

function unpoisonedRow(unpoisoned: BenchResults['unpoisoned']): string[] {
  const verdicts = unpoisoned.flatMap(({ defences }) =>
    defences.filter(({ help }) => help === 'alone').map(({ outcome }) => outcome.verdict),
  );
  const clean = verdicts.filter((verdict) => verdict === 'clean').length;
  const promise = 'Unpoisoned models: verdict "clean", every time';
  if (verdicts.length === 0) return [promise, 'not measured', ''];
  return [promise, `${clean} of ${verdicts.length}`, clean === verdicts.length ? 'yes' : 'no'];
}

/** Accuracy on triggered images as a share of clean accuracy. */
function recognised(after: Measures | undefined): number | undefined {
  return after?.triggeredAccuracy === undefined ? undefined : after.triggeredAccuracy / after.cleanAccuracy;
}

function alone({ defences }: VictimResult) {
  return defences.find(({ help }) => help === 'alone');
}

function lost(result: VictimResult, rate: 'cleanAccuracy' | 'targetAccuracy'): number | undefined {
  const after = alone(result)?.after[rate];
  return after === undefined || result.victim === undefined ? undefined : result.victim[rate] - after;
}
