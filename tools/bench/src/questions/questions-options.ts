import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { ATTACKS as RED_TEAM_ATTACKS } from '@ubt/redteam';
import { REPORTED_SEEDS } from '../defence/scenarios.js';
import { classList, names, readOptions, wholeNumber } from '../option-values.js';
import { workspace } from '../workspace.js';
import type { CaseOptions, Question } from './question.js';
import { QUESTIONS } from './questions.js';

/** What a run of the benchmark covers. */
export interface QuestionsOptions extends CaseOptions {
  readonly questions: readonly Question[];
  /** Whether it only says what there is and what it costs. */
  readonly list: boolean;
  readonly help: boolean;
  /** Whether a question's result is of the seeds, attacks and data of the committed results. */
  isComplete(question: Question): boolean;
}

const MODELS = 20;

/** Printed for --help. */
export const QUESTIONS_USAGE = `Usage: npm run bench:questions -- [options]

Asks the hard questions, one after the other, and writes their tables into docs/questions.md. Every finished piece is
kept, and shared with bench:defence: run it again to go on where it was stopped.

  --only <name,…>       ${QUESTIONS.map(({ name }) => name).join(', ')};
                        default: all but ${QUESTIONS.flatMap(({ name, onlyWhenNamed }) => (onlyWhenNamed ? [name] : [])).join(', ')}
  --list                only say what each question takes
  --seeds <n,n,…>       default ${[...REPORTED_SEEDS.keys()].join(',')}
  --attacks <name,…>    kinds of attack for the questions that are not about one; default patch
  --models <n>          clean models of false-alarms; default ${MODELS}
  --classes <n>         fast, medium (default), full or a number
  --pairs <n>           training pairs, instead of the recipe's
  --steps <n>           training steps of a victim, instead of the recipe's
  --cache <dir>         default .cache/bench in the repository
  --threads <n>         threads of the engine, default all
  --help

docs/questions.md and tools/bench/results are written only for seeds, attacks and data as they are (the steps of
${QUESTIONS.flatMap(({ name, stepsAreABudget }) => (stepsAreABudget ? [name] : [])).join(' and ')} may be chosen). Any other run prints its tables on standard output.
`;

/**
 * Reads the command line.
 *
 * @throws UbtError `USAGE` naming the option at fault
 */
export function parseQuestionsOptions(args: readonly string[]): QuestionsOptions {
  const values = parse(args);
  const known = QUESTIONS.map(({ name }) => name);
  const wanted = QUESTIONS.filter(({ name, onlyWhenNamed }) =>
    values.only === undefined
      ? values.list === true || onlyWhenNamed === undefined
      : names('--only', values.only, known).includes(name),
  );
  const seeds = values.seeds?.split(',').map((text) => wholeNumber('--seeds', text)!);
  const [pairs, steps] = [wholeNumber('--pairs', values.pairs), wholeNumber('--steps', values.steps)];
  const narrowing = [values.seeds, values.attacks, values.models, values.classes, pairs];
  const isNarrowed = narrowing.some((given) => given !== undefined);
  return {
    questions: wanted,
    seeds: seeds ?? [...REPORTED_SEEDS.keys()],
    attacks: names(
      '--attacks',
      values.attacks ?? 'patch',
      RED_TEAM_ATTACKS.map(({ name }) => name),
    ),
    models: wholeNumber('--models', values.models) ?? MODELS,
    bench: {
      ...{ regime: 'fine-tuned', architecture: 'conv', classes: classList(values.classes ?? 'medium') },
      ...{ seeds: [], attacks: [], parts: new Set(), baselineSteps: undefined, pairs, steps },
      ...{ complete: false, quick: false, help: false },
      cacheDir: resolve(values.cache ?? join(workspace, '.cache', 'bench')),
      threads: wholeNumber('--threads', values.threads) ?? availableParallelism(),
    },
    list: values.list === true,
    help: values.help === true,
    isComplete: ({ stepsAreABudget }) => !isNarrowed && (steps === undefined || stepsAreABudget === true),
  };
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean' } as const;
  return readOptions(args, {
    ...{ only: string, seeds: string, attacks: string, models: string, classes: string, pairs: string },
    ...{ steps: string, cache: string, threads: string, list: boolean, help: boolean },
  });
}
