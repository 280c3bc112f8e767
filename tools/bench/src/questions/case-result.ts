import type { BenchResults, DefenceOutcome, Measures } from '../results/bench-results.js';
import type { Agreement } from './agreement.js';

/** What a model learned from and how. */
export interface Learned {
  /** A named list, or how many classes. */
  readonly classes: string;
  readonly pairs: number;
  /** Share of them with a caption that is wrong by nature. */
  readonly naturalNoise: number;
  /** Drawing styles; absent when all. */
  readonly styles?: readonly string[];
  readonly architecture: string;
  readonly regime: string;
  /** Steps of the last training. */
  readonly steps: number;
}

/** A model's defence and how the model does after it. */
export interface CaseDefence {
  readonly outcome: DefenceOutcome;
  readonly after: Measures;
}

/** One answer. */
export interface CaseResult extends CaseDefence {
  readonly label: string;
  readonly seed: number;
  /** Name of the attack; absent for clean models. */
  readonly attack?: string;
  readonly target?: string;
  readonly learned: Learned;
  /** Seconds of the model's last training. */
  readonly trainingSeconds: number;
  readonly before: Measures;
  /** The same defence on the model that came out of the first. */
  readonly again?: CaseDefence;
  readonly agreement?: readonly Agreement[];
}

/** All answers to one question: what `tools/bench/results/questions-*.json` holds. */
export interface QuestionResults extends Pick<
  BenchResults,
  'measuredAt' | 'command' | 'commit' | 'product' | 'machine' | 'versions'
> {
  readonly schemaVersion: 1;
  readonly question: string;
  readonly cases: readonly CaseResult[];
}
