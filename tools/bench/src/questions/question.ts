import type { BenchOptions } from '../bench-options.js';
import type { BenchContext } from '../defence/bench-context.js';
import type { Scenario } from '../defence/scenarios.js';
import type { Help } from '../results/bench-results.js';
import type { Ablation } from './ablation.js';
import type { CaseResult } from './case-result.js';

/** What the victim of a case learns from and how, where it is not what the run's options say. */
export type CaseSetting = Partial<
  Pick<BenchOptions, 'classes' | 'pairs' | 'regime' | 'architecture' | 'steps' | 'naturalNoise' | 'styles'>
>;

/** One model to defend, and what with. */
export interface QuestionCase {
  /** Words for the table; cases with the same label and different seeds are averaged. */
  readonly label: string;
  readonly scenario: Scenario;
  readonly setting?: CaseSetting;
  /** Default: alone. */
  readonly help?: Help;
  /** Share of the training pairs that the defender has; all unless given. */
  readonly share?: number;
  /** Whether the model that comes out is defended once more. */
  readonly twice?: true;
  /** A part of the method that is left out, or another size; unless given, the built command line defends. */
  readonly ablation?: Ablation;
  /** Whether the caption agreement of every ranking is looked up. */
  readonly agreement?: true;
}

/** What decides the cases beside the question itself. */
export interface CaseOptions {
  readonly seeds: readonly number[];
  /** Attacks without their rates, such as `patch`. */
  readonly attacks: readonly string[];
  /** How many clean models are looked at for false alarms. */
  readonly models: number;
  /** What the command line sets for all cases. */
  readonly bench: BenchOptions;
}

/** A hard question, answered by figures. */
export interface Question {
  /** Short name for options and files. */
  readonly name: string;
  /** Heading of its section. */
  readonly title: string;
  /** What is asked and how it is answered, in a sentence or two. */
  readonly asks: string;
  /** It costs so much that it is only run when it is named. */
  readonly onlyWhenNamed?: true;
  /** Its training steps may be chosen without the result counting for less: the table states them. */
  readonly stepsAreABudget?: true;
  cases(options: CaseOptions): readonly QuestionCase[];
  /** Its results as a Markdown table. */
  table(results: readonly CaseResult[]): string;
  /** What it would cost, from what is in the cache, in words. */
  estimate?(context: BenchContext, options: CaseOptions): Promise<string>;
}
