import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  isOptimised,
  mostSimilarRows,
  needsCleanModel,
  optimisePatch,
  plantAttack,
  type PatchOptimisation,
  type Planting,
  type TriggerChoice,
} from '@ubt/redteam';
import { VICTIM_RECIPE } from '../victim-recipe.js';
import { dataParameters, drawData, withEngine, type BenchContext } from './bench-context.js';
import { cleanModel, cleanRecipe } from './clean-model.js';
import { targetOf, targetsOf, type Attack, type Scenario } from './scenarios.js';

/** The pairs that a model of the benchmark learns from, and what is known about them. */
export interface ScenarioPairs {
  readonly pairs: string;
  /** Which rows are poisoned, and which have a wrong caption by nature. */
  readonly truth: string;
  /** One `trigger.json` per backdoor; none without an attack. */
  readonly triggers: readonly string[];
}

/** Everything that decides a scenario's pairs. */
export function pairsKey(context: BenchContext, { seed, attack }: Scenario): object {
  const data = dataParameters(context, seed);
  if (attack === undefined) return { data };
  const [first, ...others] = attack.plantings;
  // The order of these keys is part of the folder's name.
  return {
    data,
    poison: { rate: attack.rate, ...first },
    target: targetOf(seed),
    ...(others.length === 0 ? {} : { others, targets: targetsOf(seed) }),
    ...(attack.plantings.some(needsCleanModel)
      ? {
          cleanModel: {
            recipe: cleanRecipe(context),
            shape: VICTIM_RECIPE.shapes[context.options.architecture],
          },
        }
      : {}),
  };
}

/** A scenario's pairs, made now or kept from before. */
export async function scenarioPairs(context: BenchContext, scenario: Scenario): Promise<ScenarioPairs> {
  const { seed, attack } = scenario;
  const { pairs, truth } = await drawData(context, seed);
  if (attack === undefined) return { pairs, truth, triggers: [] };
  const name = createHash('sha256')
    .update(JSON.stringify(pairsKey(context, scenario)))
    .digest('hex');
  const plantings: Planting[] = [];
  for (const [at, planting] of attack.plantings.entries()) {
    plantings.push(await ready(context, seed, planting, targetsOf(seed)[at]!));
  }
  return plantAttack({
    attack: { name: attack.name, plantings: plantings as unknown as Attack['plantings'] },
    ...{ pairs, truth, seed, rate: attack.rate, signal: context.signal },
    targets: targetsOf(seed).slice(0, plantings.length),
    out: join(context.options.cacheDir, 'poisoned', name.slice(0, 16)),
  });
}

/** A planting with its trigger computed and its pairs found, where they have to be. */
async function ready(
  context: BenchContext,
  seed: number,
  { trigger, rows, ...planting }: Planting,
  target: string,
): Promise<Planting> {
  const similar = rows === 'similar' ? await similarRows(context, seed, target) : rows;
  return {
    ...planting,
    trigger: isOptimised(trigger) ? await optimisedTrigger(context, seed, trigger) : trigger,
    ...(similar === undefined ? {} : { rows: similar }),
  };
}

async function similarRows(context: BenchContext, seed: number, target: string): Promise<readonly number[]> {
  const { store, options, signal } = context;
  const model = await cleanModel(context, seed);
  const cell = await store.cell({
    kind: 'similar-rows',
    key: { model: model.id, target },
    async compute() {
      const { pairs } = await drawData(context, seed);
      const engine = { threads: options.threads };
      return withEngine(context, () => mostSimilarRows({ model: model.dir, pairs, target, engine, signal }));
    },
  });
  return cell.result;
}

async function optimisedTrigger(
  context: BenchContext,
  seed: number,
  { optimise: patch }: PatchOptimisation,
): Promise<TriggerChoice> {
  const { store, options, signal } = context;
  const model = await cleanModel(context, seed);
  const target = targetOf(seed);
  const cell = await store.cell({
    kind: 'patches',
    key: { model: model.id, patch, target, seed },
    async compute() {
      const { pairs } = await drawData(context, seed);
      const engine = { threads: options.threads };
      return withEngine(context, () =>
        optimisePatch({ patch, model: model.dir, pairs, target, seed, engine, signal }),
      );
    },
  });
  return cell.result;
}
