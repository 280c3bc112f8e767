import { availableParallelism } from 'node:os';
import { readOptions, wholeNumber } from '../option-values.js';

/** What a run of the serving benchmark covers. */
export interface ServingOptions {
  /** Streams at once. */
  readonly streams: number;
  /** Pairs that each stream sends. */
  readonly pairs: number;
  /** Pairs of a stream that are under way at once. */
  readonly window: number;
  /** Threads of each side's engine. */
  readonly threads: number;
  readonly python: string;
  /** A checkpoint in Hugging Face format; the tiny one unless told. */
  readonly model: string | undefined;
  /** Whether the results and the page are written. */
  readonly writes: boolean;
  readonly help: boolean;
}

/** Printed for --help. */
export const SERVING_USAGE = `Usage: npm run bench:serving -- [options]

Loads a detector with ScorePairs streams, alone and while it runs a job, and a plain PyTorch server with the same
checkpoint; tells latency, throughput, memory, health probes and refusals.

  --streams <n>     streams at once, default 64
  --pairs <n>       pairs of each stream, default 200
  --window <n>      pairs of a stream under way at once, default 8
  --threads <n>     threads of each side, default all
  --python <path>   interpreter with torch, transformers, grpcio-tools; default python3
  --model <folder>  another checkpoint (Hugging Face CLIPModel) than the tiny one
  --quick           8 streams of 20 pairs
  --dry             print only; do not write the results and the page
  --help

Only a run of the tiny model with default streams, pairs and window writes its results.
`;

/** Every number, at most. */
const MOST = 99_999;
const FULL = { streams: 64, pairs: 200, window: 8 };
const QUICK = { streams: 8, pairs: 20, window: 8 };

/**
 * Reads the command line.
 *
 * @throws UbtError `USAGE` naming the option at fault
 */
export function parseServingOptions(args: readonly string[]): ServingOptions {
  const values = parse(args);
  const usual = values.quick === true ? QUICK : FULL;
  const load = {
    streams: wholeNumber('--streams', values.streams, MOST) ?? usual.streams,
    pairs: wholeNumber('--pairs', values.pairs, MOST) ?? usual.pairs,
    window: wholeNumber('--window', values.window, MOST) ?? usual.window,
  };
  const isFull = load.streams === FULL.streams && load.pairs === FULL.pairs && load.window === FULL.window;
  return {
    ...load,
    threads: wholeNumber('--threads', values.threads, MOST) ?? availableParallelism(),
    python: values.python ?? 'python3',
    model: values.model,
    writes: isFull && values.model === undefined && values.dry !== true,
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  const [string, boolean] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const texts = { streams: string, pairs: string, window: string, threads: string } as const;
  return readOptions(args, {
    ...texts,
    python: string,
    model: string,
    quick: boolean,
    dry: boolean,
    help: boolean,
  });
}
