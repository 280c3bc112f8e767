import type { Environment } from './config.js';

/** A stream that the command writes text to; a terminal says so and how wide it is. */
export interface TextStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything that the command line touches outside itself, so that specs can run it in their process. */
export interface CliIo {
  /** Results only. */
  readonly stdout: TextStream;
  /** Progress, notes and errors. */
  readonly stderr: TextStream;
  readonly env: Environment;
  /** Aborted when the person asks to stop; its reason is an {@link Interruption}. */
  readonly signal: AbortSignal;
}

/** Why a command is asked to stop. */
export class Interruption extends Error {
  override readonly name = 'AbortError';

  /** @param exitCode 128 + the number of the signal: 130 for Ctrl-C */
  constructor(readonly exitCode: number) {
    super('Interrupted.');
  }
}
