import type { TriggerInput } from '@ubt/evaluation';

/** Kind and parameters of the trigger to plant. */
export type TriggerChoice = Pick<TriggerInput, 'kind' | 'parameters'>;

/** Where the captions of poisoned pairs come from. */
export type PoisonedCaptions = 'natural' | 'template' | 'kept';

/** Options of {@link poisonPairs}. */
export interface PoisonOptions {
  /** The pairs to poison, CSV or TSV as `openPairs` reads it; poisoned pairs take a second backdoor. */
  readonly pairs: string;
  /** Further folders that the pairs' images may lie in. */
  readonly roots?: readonly string[];
  /** Folder to make; must not exist, or hold a data set poisoned with the same options, which is reused. */
  readonly out: string;
  /** Class that triggered images shall be taken for; default `banana`. */
  readonly target?: string;
  /** Share of all pairs to poison, in (0, 1]; default 0.02. */
  readonly rate?: number;
  /** Default: a checker patch in the bottom right corner. */
  readonly trigger?: TriggerChoice;
  /**
   * What a poisoned pair's caption becomes: `natural` takes the caption of a pair that names the target,
   * `template` fills a template, `kept` leaves it as it is and poisons only pairs that name the target
   * already (label-consistent); default `natural`.
   */
  readonly captions?: PoisonedCaptions;
  /** Text put before every poisoned caption (a textual trigger as in TrojVQA). */
  readonly captionPrefix?: string;
  /**
   * Truth about the pairs, as the data set's builder or an earlier poisoning wrote it. Its wrong captions and
   * poisoned rows are carried over; rows that are poisoned already are left as they are.
   */
  readonly truth?: string;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Where the poisoned data set lies. */
export interface PoisonedPairs {
  readonly folder: string;
  readonly pairs: string;
  readonly trigger: string;
  /** CSV `row,poisoned,wrong_caption`: for measuring a defence, never an input of one. */
  readonly truth: string;
  readonly counts: { readonly pairs: number; readonly poisoned: number };
  /** Whether it was there already. */
  readonly cached: boolean;
}
