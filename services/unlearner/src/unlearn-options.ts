import type { UnlearnOptions } from '@ubt/contracts';
import { checkRanges } from '@ubt/service-kit';
import type { UnlearnSettings } from './domain/unlearn.js';

/** Options with every default in place. */
export interface ResolvedUnlearnOptions {
  readonly maxSteps: number;
  readonly learningRate: number;
  readonly retainBatchSize: number;
  readonly seed: number;
}

/** The defaults are the measured ones; see docs/results.md. Whoever changes one runs the benchmark again. */
export const UNLEARN_DEFAULTS: ResolvedUnlearnOptions = {
  maxSteps: 100,
  learningRate: 3e-4,
  retainBatchSize: 256,
  seed: 0,
};

/** Puts the defaults in place and checks the ranges. @throws UbtError OPTIONS_INVALID */
export function resolveUnlearnOptions(options: UnlearnOptions | undefined): ResolvedUnlearnOptions {
  return checkRanges(
    {
      maxSteps: options?.maxSteps ?? UNLEARN_DEFAULTS.maxSteps,
      learningRate: options?.learningRate ?? UNLEARN_DEFAULTS.learningRate,
      retainBatchSize: options?.retainBatchSize ?? UNLEARN_DEFAULTS.retainBatchSize,
      seed: Number(options?.seed ?? UNLEARN_DEFAULTS.seed),
    },
    {
      maxSteps: { from: 1, to: 10_000 },
      learningRate: { from: 0, to: 1, above: true },
      retainBatchSize: { from: 2, to: 4096 },
    },
  );
}

/** The settings that are not the caller's; measured like the defaults. */
export function unlearnSettings({ maxSteps, learningRate }: ResolvedUnlearnOptions): UnlearnSettings {
  return {
    ...{ maxSteps, learningRate },
    warmupSteps: 10,
    checkEvery: 5,
    patience: 8,
    retainBudget: 0.25,
    weights: { forget: 4, distil: 100, restore: 4, uphold: 0.2 },
  };
}
