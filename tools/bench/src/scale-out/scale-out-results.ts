import { UbtError } from '@ubt/errors';
import { markdownTable } from '../results/markdown-table.js';
import type { BenchResults } from '../results/bench-results.js';

/** One detection. */
export interface ScaleOutCell {
  readonly pairs: number;
  /** Replicas that took shards; 0 for one process without shards. */
  readonly replicas: number;
  /** From the call to the end of the job. */
  readonly seconds: number;
  /** Processor seconds of the detector that ran the job, its workers included. */
  readonly coordinatorSeconds: number;
  /** Processor seconds of all replicas that took shards. */
  readonly replicaSeconds: number;
  /** Largest memory of a process among the replicas; 0 without any. */
  readonly replicaPeakMiB: number;
  readonly scoresSha256: string;
}

/** results/scale-out.json */
export interface ScaleOutResults extends Pick<
  BenchResults,
  'measuredAt' | 'command' | 'commit' | 'machine' | 'versions'
> {
  readonly schemaVersion: 1;
  readonly method: string;
  readonly shardPairs: number;
  readonly cells: readonly ScaleOutCell[];
}

/** @throws UbtError SCALE_OUT_DIFFERS when the scores of one data set are not the same bytes each time */
export function checkSameScores(cells: readonly ScaleOutCell[]): void {
  for (const { pairs, replicas, scoresSha256 } of cells) {
    const first = cells.find((other) => other.pairs === pairs)!;
    if (first.scoresSha256 === scoresSha256) continue;
    const message = `The scores of ${pairs} pairs with ${replicas} replicas are not those with ${first.replicas}.`;
    throw new UbtError('data-loss', message, { code: 'SCALE_OUT_DIFFERS' });
  }
}

/** The section of the page. */
export function renderScaleOut({
  cells,
  command,
  machine,
  measuredAt,
  commit,
  method,
  shardPairs,
}: ScaleOutResults): string {
  const columns = [
    { title: 'pairs', numeric: true },
    { title: 'replicas', numeric: true },
    { title: 'seconds', numeric: true },
    { title: 'pairs/s', numeric: true },
    { title: 'processor ms per 1,000 pairs', numeric: true },
    { title: 'of them the coordinator', numeric: true },
    { title: 'peak MiB of a replica', numeric: true },
  ];
  const rows = cells.map((cell) => [
    cell.pairs.toLocaleString('en'),
    cell.replicas === 0 ? 'one process' : String(cell.replicas),
    cell.seconds.toFixed(1),
    Math.round(cell.pairs / cell.seconds).toLocaleString('en'),
    perThousand(cell, cell.coordinatorSeconds + cell.replicaSeconds),
    perThousand(cell, cell.coordinatorSeconds),
    cell.replicas === 0 ? '' : String(cell.replicaPeakMiB),
  ]);
  const where = `${machine.processor}, ${machine.cores} cores, engine with ${machine.threads} thread(s)`;
  return [
    `\`${command}\`, ${measuredAt.slice(0, 10)}, commit ${commit}, ${where}; method \`${method}\`, ${shardPairs.toLocaleString('en')} pairs per shard.`,
    'The scores of a data set are the same bytes in every row.',
    '',
    markdownTable(columns, rows),
  ].join('\n');
}

function perThousand({ pairs }: ScaleOutCell, seconds: number): string {
  return ((seconds * 1e6) / pairs).toFixed(seconds * 1e6 < 10 * pairs ? 1 : 0);
}
