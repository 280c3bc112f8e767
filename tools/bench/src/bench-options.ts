import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { CLASS_LISTS, TrainingStyle } from '@ubt/redteam';
import { ATTACKS, POISON_RATES, REPORTED_ATTACKS, REPORTED_SEEDS, type Attack } from './defence/scenarios.js';
import { classList, names, readOptions, wholeNumber } from './option-values.js';
import type { Architecture, Regime } from './victim-recipe.js';
import { workspace } from './workspace.js';

/** Parts of the benchmark that can be run alone. */
export const PARTS = [
  ...(['victims', 'unpoisoned', 'defence', 'rebound'] as const),
  ...(['detection', 'reference', 'fine-tuning', 'baselines'] as const),
] as const;

/** A part of the benchmark. */
export type Part = (typeof PARTS)[number];

const REGIMES: readonly Regime[] = ['scratch', 'fine-tuned'];

const ARCHITECTURES: readonly Architecture[] = ['conv', 'vit'];

/** What a run of the benchmark covers. */
export interface BenchOptions {
  readonly regime: Regime;
  readonly architecture: Architecture;
  readonly seeds: readonly number[];
  readonly attacks: readonly Attack[];
  /** What is computed; the rest is taken from the cache where it is there. */
  readonly parts: ReadonlySet<Part>;
  readonly classes: keyof typeof CLASS_LISTS | number;
  /** Replacements of the recipe's own numbers, for quick passes. */
  readonly pairs: number | undefined;
  readonly steps: number | undefined;
  readonly baselineSteps: number | undefined;
  /** Share of pairs that are wrongly captioned by nature, instead of the recipe's. */
  readonly naturalNoise?: number;
  /** Drawing styles of the training pairs; all unless given. */
  readonly styles?: readonly TrainingStyle[];
  /** Absolute folder of everything that is kept between runs. */
  readonly cacheDir: string;
  readonly threads: number;
  /** Whether this is over the seeds, attacks and data of the committed results, so that they may be replaced. */
  readonly complete: boolean;
  /** Whether the run is held against the bars of the quick mode. */
  readonly quick: boolean;
  readonly help: boolean;
}

/** What the quick mode covers: minutes, for continuous integration. Options given beside it win. */
const QUICK = {
  regime: 'scratch',
  classes: 'fast',
  seeds: '1',
  attacks: 'patch-2',
  only: 'victims,unpoisoned,defence',
  pairs: '8000',
  steps: '500',
} as const;

/** The attacks without their rates, in lines. */
function attackNames(): string {
  return [...new Set(ATTACKS.map(({ name }) => name.slice(0, name.lastIndexOf('-'))))].join(', ');
}

/** Printed for --help. */
export const USAGE = `Usage: npm run bench:defence -- [options]

Poisons, trains victims, defends them with the product and with the baselines, and writes the tables of
docs/results.md. Every finished piece is kept: run it again to go on where it was stopped.

  --regime <name>             fine-tuned (default): victims start from a clean checkpoint, which is also the
                              trusted reference; scratch: from random weights
  --seeds <n,n,…>             default ${[...REPORTED_SEEDS.keys()].join(',')}
  --architecture <name>       image tower of the victims: conv (default) or vit
  --attacks <name,…>          default ${REPORTED_ATTACKS.join(',')}; of each of
                              ${attackNames()}
                              there is one at ${POISON_RATES.join(', ')} %: sig-2, badnet-0.5, …
  --only <part,…>             compute only these parts, take the rest from the cache as far as it is there:
                              ${PARTS.join(', ')}; none: only the tables
  --classes <n>               fast, medium (default), full or a number
  --pairs <n>                 training pairs, instead of the recipe's
  --steps <n>                 training steps of a victim, instead of the recipe's
  --baseline-steps <n>        steps of each baseline, instead of the recipe's
  --quick                     one small victim and one honest model in minutes; exits with 1 when a bar is missed
  --cache <dir>               default .cache/bench in the repository
  --threads <n>               threads of the engine, default all
  --help

docs/results.md and tools/bench/results are written only by a run over all seeds and attacks as they are; what was
not computed is left blank there. Any other run prints its tables on standard output.
`;

/**
 * Reads the command line.
 *
 * @throws UbtError `USAGE` naming the option at fault
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const given = parse(args);
  const values = given.quick === true ? { ...QUICK, ...given } : given;
  const parts = values.only === undefined ? PARTS : names('--only', values.only, [...PARTS, 'none']);
  const attacks =
    values.attacks === undefined
      ? REPORTED_ATTACKS
      : names(
          '--attacks',
          values.attacks,
          ATTACKS.map(({ name }) => name),
        );
  const seeds = values.seeds?.split(',').map((text) => wholeNumber('--seeds', text)!);
  const overrides = {
    pairs: wholeNumber('--pairs', values.pairs),
    steps: wholeNumber('--steps', values.steps),
    baselineSteps: wholeNumber('--baseline-steps', values['baseline-steps']),
  };
  const classes = classList(values.classes ?? 'medium');
  const narrowed = [seeds, values.attacks, ...Object.values(overrides)];
  return {
    regime: names('--regime', values.regime ?? 'fine-tuned', REGIMES)[0]!,
    architecture: names('--architecture', values.architecture ?? 'conv', ARCHITECTURES)[0]!,
    seeds: seeds ?? [...REPORTED_SEEDS.keys()],
    attacks: ATTACKS.filter(({ name }) => attacks.includes(name)),
    parts: new Set(parts.filter((part) => part !== 'none')),
    classes,
    ...overrides,
    cacheDir: resolve(values.cache ?? join(workspace, '.cache', 'bench')),
    threads: wholeNumber('--threads', values.threads) ?? availableParallelism(),
    complete: classes === 'medium' && narrowed.every((given) => given === undefined),
    quick: values.quick === true,
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const;
  return readOptions(args, {
    ...{ regime: string, seeds: string, attacks: string, only: string, classes: string, pairs: string },
    ...{ steps: string, 'baseline-steps': string, architecture: string, cache: string, threads: string },
    help: { type: 'boolean' },
    quick: { type: 'boolean' },
  });
}
