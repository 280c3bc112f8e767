import { availableParallelism } from 'node:os';
import { readOptions, usage, wholeNumber } from '../option-values.js';
import { CASES, type BenchCase } from './cases.js';
import type { Clock } from './engine-table.js';

/** What a run of the engine's benchmark covers. */
export interface EngineBenchOptions {
  readonly cases: readonly BenchCase[];
  readonly rounds: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly python: string;
  readonly help: boolean;
}

/** Rounds and threads, at most. */
const MOST = 99_999;

/** Printed for --help. */
export const ENGINE_USAGE = `Usage: npm run bench:engine -- [options]

Times the engine against PyTorch and other backends of TensorFlow.js, side by side: every side in a process of its
own, one step of each in turn, and prints medians and ratios.

  --quick           only small cases, few rounds: minutes
  --only <name,…>   ${CASES.map(({ name }) => name).join(', ')}
  --rounds <n>      counted steps of each side, default 9 (--quick: 5)
  --threads <n>     threads of each side, default all
  --clock <name>    wall (default), or cpu for a machine that others use too
  --python <path>   interpreter with PyTorch, default python3
  --help
`;

/**
 * Reads the command line.
 *
 * @throws UbtError `USAGE` naming the option at fault
 */
export function parseEngineOptions(args: readonly string[]): EngineBenchOptions {
  const values = parse(args);
  const quick = values.quick === true;
  const names = values.only?.split(',');
  const unknown = names?.find((name) => !CASES.some((one) => one.name === name));
  if (unknown !== undefined) throw usage(`--only ${unknown}: there is no such case.`);
  const clock = values.clock ?? 'wall';
  if (clock !== 'wall' && clock !== 'cpu') throw usage(`--clock ${clock}: use wall or cpu.`);
  return {
    cases: CASES.filter(({ name, small }) => names?.includes(name) ?? (!quick || small)),
    rounds: wholeNumber('--rounds', values.rounds, MOST) ?? (quick ? 5 : 9),
    threads: wholeNumber('--threads', values.threads, MOST) ?? availableParallelism(),
    clock,
    python: values.python ?? 'python3',
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  const [string, boolean] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = { only: string, rounds: string, threads: string, clock: string, python: string } as const;
  return readOptions(args, { ...options, quick: boolean, help: boolean });
}
