import {
  DetectResult,
  SelectResult,
  UnlearnResult,
  unpackAny,
  type Job,
  type MessageType,
} from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { count, duration } from '../output/format.js';
import { secondsOf } from '../stages/job-progress.js';
import { nameOf, OUTCOME_NAMES, VERDICT_NAMES } from './names.js';

/** What a detector's job left behind. @throws UbtError RESULT_UNREADABLE */
export const detectResultOf = (job: Job): DetectResult =>
  resultOf(job, 'ubt.detector.v1.DetectResult', DetectResult);

/** What a selector's job left behind. @throws UbtError RESULT_UNREADABLE */
export const selectResultOf = (job: Job): SelectResult =>
  resultOf(job, 'ubt.selector.v1.SelectResult', SelectResult);

/** What an unlearner's job left behind. @throws UbtError RESULT_UNREADABLE */
export const unlearnResultOf = (job: Job): UnlearnResult =>
  resultOf(job, 'ubt.unlearner.v1.UnlearnResult', UnlearnResult);

function resultOf<T>(job: Job, typeName: string, type: MessageType<T>): T {
  const result = unpackAny(typeName, type, job.result);
  if (result !== undefined) return result;
  throw new UbtError('internal', `The ${job.stage}'s job ${job.name} has no ${typeName} as its result.`, {
    code: 'RESULT_UNREADABLE',
    fix: 'Check that the service and this command line are of the same version.',
  });
}

/** A finished detection in one line. */
export function describeDetection(job: Job, { scoredPairs, skippedPairs, suspects }: DetectResult): string {
  const skipped = skippedPairs > 0n ? `, ${count(skippedPairs)} skipped` : '';
  return `${took(job)}, ${count(scoredPairs)} pairs scored${skipped}, ${count(suspects)} suspects`;
}

/** A finished selection in one line. */
export function describeSelection(job: Job, { verdict, compromisedTokens }: SelectResult): string {
  const tokens = compromisedTokens.slice(0, 3).map(({ token }) => `"${token}"`);
  return `${took(job)}, ${[nameOf(VERDICT_NAMES, verdict), ...tokens].join(' ')}`;
}

/** A finished unlearning in one line. */
export function describeUnlearning(job: Job, { outcome, steps }: UnlearnResult): string {
  return `${took(job)}, ${nameOf(OUTCOME_NAMES, outcome)} after ${count(steps)} steps`;
}

const took = (job: Job) => duration(secondsOf(job));
