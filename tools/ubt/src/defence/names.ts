import { Outcome, Verdict } from '@ubt/contracts';

/** Verdicts as reports and `--json` name them. */
export const VERDICT_NAMES: ReadonlyMap<Verdict, string> = new Map([
  [Verdict.VERDICT_CLEAN, 'clean'],
  [Verdict.VERDICT_BACKDOORED, 'backdoored'],
  [Verdict.VERDICT_INCONCLUSIVE, 'inconclusive'],
]);

/** Outcomes of unlearning as reports and `--json` name them; a model that was not touched has none. */
export const OUTCOME_NAMES: ReadonlyMap<Outcome, string> = new Map([
  [Outcome.OUTCOME_REPAIRED, 'repaired'],
  [Outcome.OUTCOME_NOT_REPAIRED, 'not-repaired'],
]);

/** The name of an enum's value; one that this version does not know is shown as its number. */
export function nameOf<E extends number>(names: ReadonlyMap<E, string>, value: E): string {
  return names.get(value) ?? `unknown (${value})`;
}
