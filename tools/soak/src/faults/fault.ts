import type { Stage } from '@ubt/contracts';
import type { DisturbedRun } from '../run/disturbed-run.js';
import type { StoreKind } from '../world/open-world.js';

/** What striking a fault did. */
export interface Strike {
  /** What was done, and when, for the report. */
  readonly note: string;
  /** Whether it hit: a worker that had left already cannot be killed. */
  readonly hit: boolean;
  /** Events that were stored on top of those of the run, by subject. */
  readonly injected?: Readonly<Record<string, number>>;
  /** A run of its own that had to be refused: its dead letters, and its jobs in the selector. */
  readonly refused?: { readonly runId: string; readonly deadLetters: number; readonly jobs: number };
}

/** A way in which things go wrong. */
export interface Fault {
  readonly name: string;
  /** Stage it strikes, for faults that strike one. */
  readonly stage?: Stage;
  /** The world it needs. */
  readonly store: StoreKind;
  /** Codes with which a stage may fail of it; empty when the run must complete. */
  readonly mayFailWith: readonly string[];
  /** Disturbs a run that has just been asked for, at a point drawn from `random`, and puts everything right again. */
  strike(run: DisturbedRun, random: () => number): Promise<Strike>;
}
