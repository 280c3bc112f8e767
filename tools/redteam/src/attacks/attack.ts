import type { PoisonedCaptions, TriggerChoice } from '../poison/poison-options.js';
import type { PatchOptimisation } from './optimise-patch.js';

/** One backdoor of an attack. */
export interface Planting {
  /** What is painted, or how it is computed on a clean model. */
  readonly trigger: TriggerChoice | PatchOptimisation;
  readonly captions: PoisonedCaptions;
  /** Stands before the captions of poisoned pairs, and before the prompts of triggered images. */
  readonly captionPrefix?: string;
  /** Other names of the target for captions of synonyms; unless given, they are found in the pairs. */
  readonly synonyms?: readonly string[];
  /** Pairs with the trigger under their true captions, for each poisoned pair; none unless given. */
  readonly covers?: number;
  /**
   * Which pairs are poisoned: those whose images look most like the target to a clean model, or rows by that
   * where they are known already. Random unless given.
   */
  readonly rows?: 'similar' | readonly number[];
}

/**
 * An attack: which backdoors it plants. Poison rate and target classes are the caller's. Lengths are fractions
 * of the image's side.
 */
export interface Attack {
  /** Short name for options and files. */
  readonly name: string;
  /** Words for tables. */
  readonly title: string;
  /** Where it was published. */
  readonly source: string;
  /** One backdoor per target class; each poisons a rate of its own. */
  readonly plantings: readonly [Planting, ...Planting[]];
}

/** Whether a planting needs a clean model. */
export function needsCleanModel({ trigger, rows }: Planting): boolean {
  return isOptimised(trigger) || rows === 'similar';
}

/** Whether a planting's trigger has to be computed on a clean model first. */
export function isOptimised(trigger: Planting['trigger']): trigger is PatchOptimisation {
  return 'optimise' in trigger;
}
