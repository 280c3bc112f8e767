import type { PoisonedCaptions, TriggerChoice } from '../poison/poison-options.js';
import type { PatchOptimisation } from './optimise-patch.js';

/** One backdoor of an attack. */
export interface Planting {
  /** What is painted, or how it is computed on a clean model. */
  readonly trigger: TriggerChoice | PatchOptimisation;
  readonly captions: PoisonedCaptions;
  /** Stands before the captions of poisoned pairs, and before the prompts of triggered images. */
  readonly captionPrefix?: string;
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

/** Whether a planting's trigger has to be computed on a clean model first. */
export function isOptimised(trigger: Planting['trigger']): trigger is PatchOptimisation {
  return 'optimise' in trigger;
}
