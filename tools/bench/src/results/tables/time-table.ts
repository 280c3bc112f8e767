import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults, VictimResult } from '../bench-results.js';
import { markdownTable } from '../markdown-table.js';
import { meanSpread } from '../mean-spread.js';

const STAGES = ['detector', 'selector', 'unlearner'] as const;

const COLUMNS = [
  { title: 'Attack' },
  ...STAGES.map((stage) => ({ title: stage, numeric: true })),
  { title: 'Defence ÷ one fine-tuning', numeric: true },
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
        mean(results.flatMap(againstFineTuning))?.toFixed(2) ?? '–',
      ];
    }),
  );
}

function shareOf(result: VictimResult, stage: string): number[] {
  return aloneSeconds(result).map(({ total, seconds }) => (seconds[stage] ?? 0) / total);
}

function againstFineTuning(result: VictimResult): number[] {
  const tuning = mean(result.fineTunings.map(({ seconds }) => seconds));
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
