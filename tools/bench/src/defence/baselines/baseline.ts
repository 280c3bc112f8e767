import type { ObjectiveFactory } from '@ubt/redteam';
import type { Part } from '../../bench-options.js';
import type { BenchContext } from '../bench-context.js';
import type { Scenario } from '../scenarios.js';
import type { BenchModel } from '../train-in-cell.js';
import type { PairsPlace } from './clean-subset.js';

/** What a baseline trains on, and what it minimises; plain fine-tuning without an objective. */
export interface BaselineMaterial extends PairsPlace {
  readonly objective?: ObjectiveFactory;
}

/** A defence that UBT is compared with: another training of the victim. */
export interface Baseline {
  /** Short name; also the kind of its pieces in the cache. */
  readonly name: string;
  /** Words for tables: "after …". */
  readonly title: string;
  /** Where it was published, and what is different here. */
  readonly source: string;
  readonly part: Extract<Part, 'fine-tuning' | 'baselines'>;
  /** The sweep; equally long for all. */
  readonly learningRates: readonly [number, number, number];
  /** Everything else that decides the outcome, beside model and recipe. */
  key(context: BenchContext): object;
  /**
   * Gets its material ready.
   *
   * @param folder for files that belong to this run
   * @returns undefined when there is nothing to do, which leaves the victim as it is
   */
  prepare(
    context: BenchContext,
    scenario: Scenario,
    model: BenchModel,
    folder: string,
  ): Promise<BaselineMaterial | undefined>;
}
