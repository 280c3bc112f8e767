import { Outcome, Verdict } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { Interruption } from '../cli-io.js';

/** The exit codes of `ubt`. Pipelines gate on them; no other code is ever returned, save 128 + signal. */
export const EXIT = {
  /** Done; for a defence: there is no backdoor, or it has been removed. */
  ok: 0,
  /** The command failed. */
  error: 1,
  /** A backdoor was found and not removed. */
  notRepaired: 2,
  /** Some evidence points to a backdoor, but not enough. */
  inconclusive: 3,
} as const;

/**
 * Exit code that a verdict, the unlearning's outcome, or both stand for. An unlearning whose verdict is not
 * known was asked for because of a backdoor.
 */
export function exitCodeOf(verdict: Verdict | undefined, outcome: Outcome | undefined): number {
  if (outcome === Outcome.OUTCOME_REPAIRED || verdict === Verdict.VERDICT_CLEAN) return EXIT.ok;
  return verdict === Verdict.VERDICT_INCONCLUSIVE ? EXIT.inconclusive : EXIT.notRepaired;
}

/** Exit code of a command that threw. `reason` is that of the aborted signal, if it was. */
export function exitCodeOfFailure(thrown: unknown, reason: unknown): number {
  const interrupted = thrown instanceof Interruption || UbtError.from(thrown).kind === 'cancelled';
  return interrupted && reason instanceof Interruption ? reason.exitCode : EXIT.error;
}
