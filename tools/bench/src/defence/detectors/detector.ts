import type { BenchContext } from '../bench-context.js';
import type { Scenario } from '../scenarios.js';
import type { BenchModel } from '../train-in-cell.js';

/** Suspicion of pairs: finite, higher is more suspicious, comparable only within one detector and run. */
export interface PairScores {
  /** Rows of the manifest. */
  readonly rows: readonly number[];
  /** One per row. */
  readonly scores: readonly number[];
}

/** A published detection that is measured beside the product's own methods. */
export interface Detector {
  readonly name: string;
  /** Where it was published, and what is different here. */
  readonly source: string;
  score(context: BenchContext, scenario: Scenario, model: BenchModel): Promise<PairScores>;
}
