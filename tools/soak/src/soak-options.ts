import { parseArgs } from 'node:util';
import { UbtError } from '@ubt/errors';
import type { Fault } from './faults/fault.js';
import { faultId, FAULTS } from './faults/faults.js';

/** What the command line asks for. */
export interface SoakOptions {
  readonly runs: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly pairs: number;
  readonly limitMs: number;
  /** Path of the results without their ending: `.json` and `.md` are written. */
  readonly out: string | undefined;
  readonly help: boolean;
}

/** Printed for --help. */
export const SOAK_USAGE = `Usage: npm run test:soak -- [options]

Runs whole defences on real services and a real nats-server, strikes one fault into each at a drawn point, and checks
that every run ended, every stage completed once, every artefact is whole and nothing was lost. Exits with 1 if
anything does not hold.

  --runs <n>           default 50
  --seed <n>           of all draws, default 1
  --only <fault,…>     ${FAULTS.map(faultId)
    .join(', ')
    .replace(/(.{60,80}), /g, '$1,\n                       ')};
                       a name without its stage stands for all stages
  --pairs <n>          image-caption pairs of each run, default 480
  --limit <seconds>    longest that anything is waited for, default 300
  --out <path>         where results go, without the ending; default: standard output only
  --help
`;

/**
 * Reads the command line.
 *
 * @throws UbtError `USAGE` naming the option at fault
 */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const values = parse(args);
  const names = values.only?.split(',');
  const matches = (fault: Fault, name: string) => faultId(fault) === name || fault.name === name;
  const unknown = names?.find((name) => !FAULTS.some((fault) => matches(fault, name)));
  if (unknown !== undefined) throw usage(`--only ${unknown}: there is no such fault.`);
  return {
    runs: wholeNumber('--runs', values.runs, 50),
    seed: wholeNumber('--seed', values.seed, 1),
    faults: FAULTS.filter((fault) => names?.some((name) => matches(fault, name)) ?? true),
    pairs: wholeNumber('--pairs', values.pairs, 480),
    limitMs: 1000 * wholeNumber('--limit', values.limit, 300),
    out: values.out,
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const;
  const options = {
    runs: string,
    seed: string,
    only: string,
    pairs: string,
    limit: string,
    out: string,
  } as const;
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean' } } }).values;
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function wholeNumber(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,4}$/.test(text)) throw usage(`${option} ${text}: it must be a whole number above 0.`);
  return Number(text);
}

function usage(message: string): UbtError {
  return new UbtError('invalid-argument', message, { code: 'USAGE', fix: 'See --help.' });
}
