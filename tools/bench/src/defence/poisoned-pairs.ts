import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { poisonPairs } from '@ubt/redteam';
import { dataParameters, drawData, type BenchContext } from './bench-context.js';
import { targetOf, type Scenario } from './scenarios.js';

/** The pairs that a model of the benchmark learns from, and what is known about them. */
export interface ScenarioPairs {
  readonly pairs: string;
  /** Which rows are poisoned, and which have a wrong caption by nature. */
  readonly truth: string;
  /** `trigger.json`; absent without an attack. */
  readonly trigger?: string;
}

/** Everything that decides a scenario's pairs. */
export function pairsKey(context: BenchContext, { seed, attack }: Scenario): object {
  const data = dataParameters(context, seed);
  return attack === undefined ? { data } : { data, poison: attack.poison, target: targetOf(seed) };
}

/** A scenario's pairs, made now or kept from before. */
export async function scenarioPairs(context: BenchContext, scenario: Scenario): Promise<ScenarioPairs> {
  const { seed, attack } = scenario;
  const { pairs, truth } = await drawData(context, seed);
  if (attack === undefined) return { pairs, truth };
  const name = createHash('sha256')
    .update(JSON.stringify(pairsKey(context, scenario)))
    .digest('hex');
  return poisonPairs({
    ...attack.poison,
    ...{ pairs, truth, seed, target: targetOf(seed), signal: context.signal },
    out: join(context.options.cacheDir, 'poisoned', name.slice(0, 16)),
  });
}
