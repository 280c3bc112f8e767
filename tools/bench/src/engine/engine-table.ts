import { markdownTable, type Column } from '../results/markdown-table.js';
import type { CaseResult, MissingSides, SideResult } from './measure-case.js';
import { SIDES, type Side, type Step } from './sides.js';

/** Which clock the table compares: that on the wall, or the processor's, for a machine that others use too. */
export type Clock = 'wall' | 'cpu';

/** The middle of the numbers; the mean of the two in the middle when there is an even number of them. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * How many times as fast as `other` the side is: the median over the rounds of the ratio of their steps, which were
 * taken one after the other.
 */
export function speedUp(side: SideResult, other: SideResult, clock: Clock): number {
  return median(side.steps.map((step, i) => time(other.steps[i]!, clock) / time(step, clock)));
}

/** The benchmark's tables, and what is missing from them. */
export function renderEngineTables(
  results: readonly CaseResult[],
  missing: MissingSides,
  clock: Clock,
): string {
  const sides = SIDES.map(({ name }) => name).filter((name) => results.some((one) => sideOf(one, name)));
  return [
    `Milliseconds of ${clock === 'cpu' ? 'processor' : 'wall-clock'} time per step, medians.`,
    timesTable(results, sides, clock),
    'How many times as fast as PyTorch in float32, medians of the ratios of neighbouring steps.',
    ratiosTable(results, sides, clock),
    'Seconds from the made model to the first result, and peak memory of the process in MiB.',
    costTable(results, sides),
    ...[...missing].map(([name, reason]) => `${name} took no part: ${reason}`),
    ...results.flatMap(({ case: { title }, failures }) => failures.map((failure) => `${title}: ${failure}`)),
    '',
  ].join('\n');
}

function timesTable(results: readonly CaseResult[], sides: readonly Side['name'][], clock: Clock): string {
  return table(results, sides, (side) => median(side.steps.map((step) => time(step, clock))).toFixed(0));
}

function ratiosTable(results: readonly CaseResult[], sides: readonly Side['name'][], clock: Clock): string {
  const compared = sides.filter((name) => name !== 'PyTorch');
  const columns = [...headings(compared), { title: 'wanted', numeric: true }];
  const rows = results.flatMap((result) => {
    const torch = sideOf(result, 'PyTorch');
    if (torch === undefined) return [];
    const cells = compared.map((name) => {
      const side = sideOf(result, name);
      return side === undefined ? '' : speedUp(side, torch, clock).toFixed(2);
    });
    const { float32, int8 } = result.case.goals;
    const wanted = [float32 ?? [], int8 === undefined ? [] : `int8 ${int8}`].flat();
    return [[result.case.title, ...cells, wanted.join(', ')]];
  });
  return markdownTable(columns, rows);
}

function costTable(results: readonly CaseResult[], sides: readonly Side['name'][]): string {
  return table(
    results,
    sides,
    ({ firstMs, peakMiB }) => `${(firstMs / 1000).toFixed(1)}, ${peakMiB.toFixed(0)}`,
  );
}

function table(
  results: readonly CaseResult[],
  sides: readonly Side['name'][],
  cell: (side: SideResult) => string,
): string {
  const rows = results.map((result) => [
    result.case.title,
    ...sides.map((name) => {
      const side = sideOf(result, name);
      return side === undefined ? '' : cell(side);
    }),
  ]);
  return markdownTable(headings(sides), rows);
}

function headings(sides: readonly Side['name'][]): Column[] {
  return [{ title: 'Step' }, ...sides.map((title) => ({ title, numeric: true }))];
}

function sideOf({ sides }: CaseResult, name: Side['name']): SideResult | undefined {
  return sides.find(({ side }) => side === name);
}

function time({ wallMs, cpuMs }: Step, clock: Clock): number {
  return clock === 'cpu' ? cpuMs : wallMs;
}
