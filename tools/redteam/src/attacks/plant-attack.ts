import { UbtError } from '@ubt/errors';
import type { PoisonOptions, TriggerChoice } from '../poison/poison-options.js';
import { poisonPairs } from '../poison/poison-pairs.js';
import { isOptimised, type Attack, type Planting } from './attack.js';
import { mostSimilarRows } from './most-similar-rows.js';
import { optimisePatch, type OptimisePatchOptions } from './optimise-patch.js';

/** Options of {@link plantAttack}. */
export interface PlantAttackOptions extends Pick<
  PoisonOptions,
  'pairs' | 'out' | 'truth' | 'roots' | 'signal'
> {
  readonly attack: Pick<Attack, 'name' | 'plantings'>;
  /** Share of all pairs that each backdoor poisons, in (0, 1]. */
  readonly rate: number;
  /** One class per backdoor. */
  readonly targets: readonly string[];
  /** Each further backdoor takes the next seed. */
  readonly seed: number;
  /** The clean model that a trigger is optimised on or that similar pairs are found with, for attacks that do so. */
  readonly cleanModel?: string;
  readonly engine?: OptimisePatchOptions['engine'];
}

/** Where the poisoned data set lies. */
export interface PlantedAttack {
  readonly pairs: string;
  readonly truth: string;
  /** One `trigger.json` per backdoor. */
  readonly triggers: readonly string[];
}

/**
 * Plants all backdoors of an attack in a data set, one after the other: each leaves alone the rows that are
 * poisoned already. The data sets in between lie beside `out` (`<out>.1`, …), with their `trigger.json`.
 *
 * @throws UbtError `ATTACK_TARGETS`, `ATTACK_NEEDS_MODEL`, and what `poisonPairs`, `optimisePatch` and
 *   `mostSimilarRows` throw
 */
export async function plantAttack(options: PlantAttackOptions): Promise<PlantedAttack> {
  const { attack, targets, out } = options;
  const { plantings } = attack;
  if (targets.length !== plantings.length) {
    throw new UbtError(
      'invalid-argument',
      `${attack.name} plants ${plantings.length} backdoors; ${targets.length} target classes are given.`,
      { code: 'ATTACK_TARGETS', fix: 'Give one target class per backdoor.' },
    );
  }
  let { pairs, truth } = options;
  const triggers: string[] = [];
  for (const [index, planting] of plantings.entries()) {
    const isLast = index === plantings.length - 1;
    const poisoned = await poisonPairs({
      ...(await poisonOptions(options, planting, index)),
      ...{ pairs, out: isLast ? out : `${out}.${index + 1}` },
      ...(truth === undefined ? {} : { truth }),
    });
    ({ pairs, truth } = poisoned);
    triggers.push(poisoned.trigger);
  }
  return { pairs, truth: truth!, triggers };
}

async function poisonOptions(
  options: PlantAttackOptions,
  planting: Planting,
  index: number,
): Promise<Omit<PoisonOptions, 'pairs' | 'out' | 'truth'>> {
  const { rate, targets, signal, roots } = options;
  const { captions, captionPrefix, synonyms, covers } = planting;
  const similarRows = await similarRowsOf(options, planting, index);
  return {
    ...{ rate, captions, target: targets[index]!, seed: options.seed + index },
    trigger: await triggerOf(options, planting, index),
    ...(captionPrefix === undefined ? {} : { captionPrefix }),
    ...(synonyms === undefined ? {} : { synonyms }),
    ...(covers === undefined ? {} : { coverRate: covers * rate }),
    ...(similarRows === undefined ? {} : { similarRows }),
    ...(signal === undefined ? {} : { signal }),
    ...(roots === undefined ? {} : { roots }),
  };
}

async function triggerOf(
  options: PlantAttackOptions,
  { trigger }: Planting,
  index: number,
): Promise<TriggerChoice> {
  if (!isOptimised(trigger)) return trigger;
  return optimisePatch({
    ...{ patch: trigger.optimise, seed: options.seed + index },
    ...onCleanModel(options, index, 'computes its trigger'),
  });
}

async function similarRowsOf(
  options: PlantAttackOptions,
  { rows }: Planting,
  index: number,
): Promise<readonly number[] | undefined> {
  return rows === 'similar' ? mostSimilarRows(onCleanModel(options, index, 'finds similar pairs')) : rows;
}

/** What all that is done on a clean model takes. @throws UbtError `ATTACK_NEEDS_MODEL` */
function onCleanModel(
  { attack, pairs, roots, targets, cleanModel, engine, signal }: PlantAttackOptions,
  index: number,
  what: string,
) {
  if (cleanModel === undefined) {
    throw new UbtError('invalid-argument', `${attack.name} ${what} on a clean model.`, {
      code: 'ATTACK_NEEDS_MODEL',
      fix: 'Give the checkpoint of a model trained on clean pairs.',
    });
  }
  return {
    ...{ model: cleanModel, pairs, target: targets[index]! },
    ...(roots === undefined ? {} : { roots }),
    ...(engine === undefined ? {} : { engine }),
    ...(signal === undefined ? {} : { signal }),
  };
}
