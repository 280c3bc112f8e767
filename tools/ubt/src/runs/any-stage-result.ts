import { DetectResult, SelectResult, UnlearnResult, unpackAny, type Job } from '@ubt/contracts';
import type { Outcome, Verdict } from '@ubt/contracts';

/** A job's result, whichever stage it is of. */
export interface AnyStageResult {
  /** As proto3 JSON; null when the result is of a type that this version does not know. */
  readonly json: unknown;
  readonly verdict?: Verdict;
  readonly outcome?: Outcome;
}

/** Unpacks a job's result by its type. */
export function resultOfAnyStage({ result }: Job): AnyStageResult {
  const selection = unpackAny('ubt.selector.v1.SelectResult', SelectResult, result);
  if (selection !== undefined) return { json: SelectResult.toJSON(selection), verdict: selection.verdict };
  const unlearning = unpackAny('ubt.unlearner.v1.UnlearnResult', UnlearnResult, result);
  if (unlearning !== undefined)
    return { json: UnlearnResult.toJSON(unlearning), outcome: unlearning.outcome };
  const detection = unpackAny('ubt.detector.v1.DetectResult', DetectResult, result);
  return { json: detection === undefined ? null : DetectResult.toJSON(detection) };
}
