import type { TriggerInput } from '@ubt/evaluation';

/** Kind and parameters of the trigger to plant. */
export type TriggerChoice = Pick<TriggerInput, 'kind' | 'parameters'>;

/** Where the captions of poisoned pairs come from. */
export type PoisonedCaptions = 'natural' | 'template' | 'kept' | 'synonyms';

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
   * already (label-consistent), `synonyms` fills templates with the target's name and other names for it in
   * turn, so that no word is common to all; default `natural`.
   */
  readonly captions?: PoisonedCaptions;
  /**
   * Other names of the target, for `synonyms`; no word may stand in two of them or in the target's name. Unless
   * given, the words that go along with the target in the captions of the pairs.
   */
  readonly synonyms?: readonly string[];
  /**
   * Share of all pairs that get the trigger and keep their true captions, in (0, 1]: they hide the poisoned ones.
   * Never pairs that name the target, and never those that `truth` knows for wrong captions. Default: none.
   */
  readonly coverRate?: number;
  /**
   * Rows by how much their images look like the target to a clean model, the most alike first, as
   * `mostSimilarRows` gives them: the first that may be poisoned are. Default: at random.
   */
  readonly similarRows?: readonly number[];
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
  /**
   * CSV `row,poisoned,wrong_caption`, and `cover` where there are cover pairs, which count as not poisoned: for
   * measuring a defence, never an input of one.
   */
  readonly truth: string;
  readonly counts: {
    readonly pairs: number;
    readonly poisoned: number;
    /** Pairs with the trigger and their true captions; absent without any. */
    readonly cover?: number;
  };
  /** Whether it was there already. */
  readonly cached: boolean;
}
