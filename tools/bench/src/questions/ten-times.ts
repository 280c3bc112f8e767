import { UbtError } from '@ubt/errors';
import type { BenchContext } from '../defence/bench-context.js';
import { VICTIM_RECIPE } from '../victim-recipe.js';
import { attackAt } from './attack-case.js';
import type { CaseResult } from './case-result.js';
import type { CaseOptions, Question, QuestionCase } from './question.js';
import { runCase } from './run-case.js';
import { defenceTable } from './tables.js';

const TIMES = 10;

/** Ten times as many pairs. */
export const tenTimes: Question = {
  name: 'ten-times',
  title: 'A data set ten times larger',
  asks: 'The same attack and rate in ten times as many pairs. Victims learn for the steps in the label.',
  onlyWhenNamed: true,
  stepsAreABudget: true,
  cases: (options) => casesOf(options, TIMES),
  table: defenceTable,
  estimate,
};

function casesOf({ attacks, seeds, bench }: CaseOptions, times: number): QuestionCase[] {
  const pairs = times * (bench.pairs ?? VICTIM_RECIPE.data.pairs);
  const steps = bench.steps ?? VICTIM_RECIPE.training[bench.architecture][bench.regime].steps;
  return attacks.flatMap((kind) => {
    const attack = attackAt(kind, 2);
    const label = `${attack.title}; ${pairs.toLocaleString('en')} pairs, ${steps} steps`;
    return seeds.map((seed) => ({ label, scenario: { seed, attack }, setting: { pairs } }));
  });
}

/** From the same case with the usual number of pairs, where the cache has it. */
async function estimate(context: BenchContext, options: CaseOptions): Promise<string> {
  const [usual] = casesOf(options, 1);
  const found = await fromCache(() => runCase({ ...context, store: context.store.cachedOnly }, usual!));
  if (found === undefined)
    return 'no estimate: the usual number of pairs has not been run yet (part-of-the-pairs, synonyms, …)';
  const { detector = 0, selector = 0, unlearner = 0 } = found.outcome.seconds;
  const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`;
  return (
    `per seed about ${minutes(found.trainingSeconds)} for each training (steps, not pairs, decide), ` +
    `${minutes(TIMES * (detector + selector))} for detection and selection, ${minutes(unlearner)} for unlearning, ` +
    'and the drawing of the images'
  );
}

async function fromCache(read: () => Promise<CaseResult>): Promise<CaseResult | undefined> {
  try {
    return await read();
  } catch (error) {
    if (UbtError.from(error).code === 'CELL_MISSING') return undefined;
    throw error;
  }
}
