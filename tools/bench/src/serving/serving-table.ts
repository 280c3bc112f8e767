import { markdownTable } from '../results/markdown-table.js';
import type { ServingMeasurement, ServingRow } from './measure-serving.js';
import type { ServingOptions } from './serving-options.js';

/** A measurement with what it was made on and by, as it is kept. */
export interface ServingResults extends ServingMeasurement {
  readonly schemaVersion: 1;
  readonly command: string;
  readonly commit: string;
  readonly measuredAt: string;
  readonly machine: string;
  readonly load: Pick<ServingOptions, 'streams' | 'pairs' | 'window' | 'threads'>;
}

/** The benchmark's section of a page. */
export function renderServing(results: ServingResults): string {
  const { load, limit, missing, scoreDifference } = results;
  const columns = [
    'Side',
    'pairs/s',
    'p50 ms',
    'p99 ms',
    'errors',
    'memory MiB, by fifths',
    'health probes, longest ms',
  ];
  return [
    `${load.streams} streams of ${load.pairs} pairs, ${load.window} of each under way, ${load.threads} threads. ` +
      `Measured on ${results.measuredAt.slice(0, 10)} at commit \`${results.commit}\` with \`${results.command}\`: ${results.machine}.`,
    '',
    markdownTable(
      columns.map((title, at) => ({ title, numeric: at > 0 })),
      results.rows.map(cells),
    ),
    `At the limit of ${limit.limit} streams, ${limit.refused} of ${limit.asked} more were refused with RESOURCE_EXHAUSTED and ` +
      `the time to wait; ${limit.otherwise} failed otherwise.`,
    missing === undefined
      ? `PyTorch's scores differ from ours by at most ${scoreDifference!.toExponential(1)}.`
      : `PyTorch was not measured: ${missing}`,
    '',
  ].join('\n');
}

function cells({ side, pairsPerSecond, p50, p99, failed, memoryMiB, probes, jobRan }: ServingRow): string[] {
  return [
    jobRan === false ? `${side} (which ended before the load did)` : side,
    pairsPerSecond.toFixed(0),
    p50.toFixed(1),
    p99.toFixed(1),
    `${failed}`,
    memoryMiB.map((size) => size.toFixed(0)).join(', '),
    probes === undefined
      ? 'not asked'
      : `${probes.answered} answered, ${probes.lost} lost, ${probes.longest.toFixed(0)}`,
  ];
}
