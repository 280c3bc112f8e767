import type { Command } from 'commander';
import type { DetectOptions, SelectOptions, UnlearnOptions } from '@ubt/contracts';
import { given } from './given.js';
import { decimal, wholeNumber } from './number.js';

/** The seed, which every stage takes. */
export interface SeedFlag {
  readonly seed?: number;
}

/** Flags of detection. */
export interface DetectFlags extends SeedFlag {
  readonly method?: string;
  readonly overfitSteps?: number;
  readonly suspectFraction?: number;
  readonly overfitLearningRate?: number;
  readonly batchSize?: number;
  readonly maxUndecodableShare?: number;
  readonly precision?: string;
}

/** Flags of selection. */
export interface SelectFlags extends SeedFlag {
  readonly unlearnPairs?: number;
  readonly retainPairs?: number;
  readonly topSuspects?: number;
}

/** Flags of unlearning. */
export interface UnlearnFlags extends SeedFlag {
  readonly unlearnSteps?: number;
  readonly unlearnLearningRate?: number;
  readonly retainBatchSize?: number;
  readonly unlearnAnyway?: boolean;
}

/** Adds the flag that every stage takes. */
export function addSeedFlag(command: Command): Command {
  return command.option('--seed <n>', 'seed of everything random', wholeNumber);
}

/** Adds the flags of detection; unset ones take the detector's measured defaults. */
export function addDetectFlags(command: Command): Command {
  return command
    .option(
      '--method <name>',
      'overfit-span (default), overfit-gain, similarity, reference-similarity, k-distance',
    )
    .option('--overfit-steps <n>', 'optimiser steps of the overfitting', wholeNumber)
    .option('--suspect-fraction <x>', 'share of the pairs that is overfitted, in (0, 0.5]', decimal)
    .option('--overfit-learning-rate <x>', 'learning rate of the overfitting', decimal)
    .option('--batch-size <n>', 'pairs per batch', wholeNumber)
    .option('--max-undecodable-share <x>', 'tolerated share of unreadable images, in [0, 1]', decimal)
    .option('--precision <name>', 'arithmetic of scoring: float32 (default), or int8 for speed');
}

/** Adds the flags of selection. */
export function addSelectFlags(command: Command): Command {
  return command
    .option('--unlearn-pairs <n>', 'pairs in the unlearn set', wholeNumber)
    .option('--retain-pairs <n>', 'pairs in the retain set', wholeNumber)
    .option('--top-suspects <n>', 'pairs that the token consensus looks at', wholeNumber);
}

/** Adds the flags of unlearning. */
export function addUnlearnFlags(command: Command): Command {
  return command
    .option('--unlearn-steps <n>', 'most optimiser steps; the stop rule usually ends earlier', wholeNumber)
    .option('--unlearn-learning-rate <x>', 'learning rate of the unlearning', decimal)
    .option('--retain-batch-size <n>', 'pairs of the retain set per step', wholeNumber)
    .option('--unlearn-anyway', 'unlearn although the verdict is not "backdoored"');
}

/** The request's options that the flags stand for. */
export function detectOptions(flags: DetectFlags): DetectOptions {
  const { method, overfitSteps, suspectFraction, overfitLearningRate: learningRate, batchSize } = flags;
  const { maxUndecodableShare, precision, seed } = flags;
  return given({
    ...{ method, overfitSteps, suspectFraction, learningRate, batchSize, maxUndecodableShare, precision },
    seed: asSeed(seed),
  });
}

/** The request's options that the flags stand for. */
export function selectOptions({ unlearnPairs, retainPairs, topSuspects, seed }: SelectFlags): SelectOptions {
  return given({ unlearnPairs, retainPairs, topSuspects, seed: asSeed(seed) });
}

/** The request's options that the flags stand for. */
export function unlearnOptions(flags: UnlearnFlags): UnlearnOptions {
  const { unlearnSteps: maxSteps, unlearnLearningRate: learningRate, retainBatchSize, seed } = flags;
  return {
    ...given({ maxSteps, learningRate, retainBatchSize, seed: asSeed(seed) }),
    force: flags.unlearnAnyway === true,
  };
}

const asSeed = (seed: number | undefined) => (seed === undefined ? undefined : BigInt(seed));
