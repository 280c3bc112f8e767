import { readOptions, usage } from '../option-values.js';

/** What a run of the scale-out benchmark covers. */
export interface ScaleOutOptions {
  /** Sizes of the data sets, ascending. */
  readonly pairs: readonly number[];
  /** Numbers of replicas that take shards; 0 is one process without shards. */
  readonly replicas: readonly number[];
  /** Those that take the largest of several data sets, which is long. */
  readonly largestReplicas: readonly number[];
  readonly shardPairs: number;
  readonly method: string;
  /** Threads of the engine in each process. */
  readonly threads: number;
  /** Whether the results and the page are to be written. */
  readonly write: boolean;
  readonly help: boolean;
}

/** Printed for --help. */
export const SCALE_OUT_USAGE = `Usage: npm run bench:scale-out -- [options]

Detects on generated pairs with a tiny model, by real detector processes that share out the shards over a real
nats-server, and prints what a pair costs by size of the data set and number of replicas. Needs nats-server and /proc.

  --pairs <n,…>       sizes of the data sets, default 10000,100000,1000000
  --replicas <n,…>    replicas that take shards, default 0,1,2,8; 0 is one process without shards
  --largest-replicas <n,…>
                      replicas that take the largest data set, where there are several; default those of
                      --replicas where given, or else 2
  --shard-pairs <n>   pairs of a shard, default 4096; rounded up to 32 batches
  --method <name>     detection method, default similarity
  --threads <n>       threads of the engine in each process, default 1
  --dry               print the table, and write neither the results nor docs/deployment.md
  --help
`;

/** Reads the command line. @throws UbtError `USAGE` naming the option at fault */
export function parseScaleOutOptions(args: readonly string[]): ScaleOutOptions {
  const values = parse(args);
  return {
    pairs: numbers('--pairs', values.pairs ?? '10000,100000,1000000', 1).sort((a, b) => a - b),
    replicas: numbers('--replicas', values.replicas ?? '0,1,2,8', 0),
    largestReplicas: numbers('--largest-replicas', values['largest-replicas'] ?? values.replicas ?? '2', 0),
    shardPairs: numbers('--shard-pairs', values['shard-pairs'] ?? '4096', 1)[0]!,
    method: values.method ?? 'similarity',
    threads: numbers('--threads', values.threads ?? '1', 1)[0]!,
    write: values.dry !== true,
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  const [string, boolean] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const numeric = {
    pairs: string,
    replicas: string,
    'largest-replicas': string,
    'shard-pairs': string,
    threads: string,
  } as const;
  return readOptions(args, { ...numeric, method: string, dry: boolean, help: boolean });
}

/** The data sets that a number of replicas is measured on. */
export function sizesFor(
  { pairs, largestReplicas }: Pick<ScaleOutOptions, 'pairs' | 'largestReplicas'>,
  replicas: number,
): readonly number[] {
  return pairs.length === 1 || largestReplicas.includes(replicas) ? pairs : pairs.slice(0, -1);
}

function numbers(option: string, text: string, least: number): number[] {
  const parts = text.split(',').map((part) => (/^\d{1,8}$/.test(part) ? Number(part) : -1));
  if (parts.some((part) => part < least)) {
    throw usage(`${option} ${text}: use whole numbers from ${least}, separated by commas.`);
  }
  return parts;
}
