import { UbtError } from '@ubt/errors';
import type { PoisonOptions, TriggerChoice } from '../poison/poison-options.js';
import { poisonPairs } from '../poison/poison-pairs.js';
import { isOptimised, type Attack, type Planting } from './attack.js';
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
  /** The clean model that a computed trigger is optimised on; only attacks with one need it. */
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
 * @throws UbtError `ATTACK_TARGETS`, `ATTACK_NEEDS_MODEL`, and what `poisonPairs` and `optimisePatch` throw
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
  const { captions, captionPrefix } = planting;
  return {
    ...{ rate, captions, target: targets[index]!, seed: options.seed + index },
    trigger: await triggerOf(options, planting, index),
    ...(captionPrefix === undefined ? {} : { captionPrefix }),
    ...(signal === undefined ? {} : { signal }),
    ...(roots === undefined ? {} : { roots }),
  };
}

async function triggerOf(
  { attack, pairs, roots, targets, seed, cleanModel, engine, signal }: PlantAttackOptions,
  { trigger }: Planting,
  index: number,
): Promise<TriggerChoice> {
  if (!isOptimised(trigger)) return trigger;
  if (cleanModel === undefined) {
    throw new UbtError('invalid-argument', `${attack.name} computes its trigger on a clean model.`, {
      code: 'ATTACK_NEEDS_MODEL',
      fix: 'Give the checkpoint of a model trained on clean pairs.',
    });
  }
  return optimisePatch({
    ...{ patch: trigger.optimise, model: cleanModel, pairs, target: targets[index]!, seed: seed + index },
    ...(roots === undefined ? {} : { roots }),
    ...(engine === undefined ? {} : { engine }),
    ...(signal === undefined ? {} : { signal }),
  });
}
