import { BASELINES } from '../../defence/baselines/baselines.js';
import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults, VictimResult } from '../bench-results.js';
import { runsOf } from '../best-learning-rate.js';
import { markdownTable } from '../markdown-table.js';
import { meanSpread } from '../mean-spread.js';

const STAGES = ['detector', 'selector', 'unlearner'] as const;

const COLUMNS = [
  { title: 'Attack' },
  ...STAGES.map((stage) => ({ title: stage, numeric: true })),
  ...BASELINES.map(({ title }) => ({ title: `÷ one ${title}`, numeric: true })),
];

/** Where the time of a defence goes. Only ratios: seconds differ from machine to machine. */
export function timeTable({ victims }: BenchResults, attacks: readonly Attack[]): string {
  return markdownTable(
    COLUMNS,
    attacks.map(({ name, title }) => {
      const results = victims.filter(({ attack }) => attack === name);
      const shares = STAGES.map((stage) => mean(results.flatMap((result) => shareOf(result, stage))));
      return [
        title,
        ...shares.map((share) => (share === undefined ? '–' : `${Math.round(100 * share)} %`)),
        ...BASELINES.map(
          ({ name: baseline }) =>
            mean(results.flatMap((result) => against(result, baseline)))?.toFixed(2) ?? '–',
        ),
      ];
    }),
  );
}

function shareOf(result: VictimResult, stage: string): number[] {
  return aloneSeconds(result).map(({ total, seconds }) => (seconds[stage] ?? 0) / total);
}

/** Seconds of the defence over seconds of one run of a baseline; runs that had nothing to do do not count. */
function against(result: VictimResult, baseline: string): number[] {
  const tuning = mean(runsOf([result], baseline).flatMap(({ seconds }) => (seconds > 0 ? [seconds] : [])));
  return tuning === undefined ? [] : aloneSeconds(result).map(({ total }) => total / tuning);
}

function aloneSeconds({ defences }: VictimResult) {
  return defences
    .filter(({ help }) => help === 'alone')
    .map(({ outcome: { seconds } }) => ({
      seconds,
      total: Object.values(seconds).reduce((sum, value) => sum + value, 0),
    }));
}

const mean = (values: readonly number[]) => meanSpread(values)?.mean;
