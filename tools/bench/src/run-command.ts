import { constants } from 'node:os';
import { UbtError } from '@ubt/errors';

/** What a benchmark prints to. */
export interface BenchIo {
  /** One line about the progress. */
  readonly progress: (line: string) => void;
  /** The result. */
  readonly result: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Runs a benchmark's command line; an error is told in words, with its code and what to do. */
export async function runCommand(
  run: (args: readonly string[], io: BenchIo) => Promise<void>,
  interruption: AbortController = new AbortController(),
): Promise<void> {
  try {
    await run(process.argv.slice(2), {
      progress: (line) => process.stderr.write(`${line}\n`),
      result: (text) => process.stdout.write(text),
      signal: interruption.signal,
    });
  } catch (thrown) {
    const { message, code, fix } = UbtError.from(thrown);
    process.exitCode ??= 1;
    process.stderr.write(`error: ${message} [${code}]\n${fix === undefined ? '' : `  fix: ${fix}\n`}`);
  }
}

/** As {@link runCommand}, for a benchmark whose finished pieces are kept: a signal ends it after the one in work. */
export async function runResumableCommand(
  run: (args: readonly string[], io: BenchIo) => Promise<void>,
): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait for a clean end.
      if (interruption.signal.aborted) process.exit(128 + constants.signals[signal]);
      process.exitCode = 128 + constants.signals[signal];
      interruption.abort();
    });
  }
  const stoppable = async (args: readonly string[], io: BenchIo) => {
    await run(args, io).catch((thrown: unknown) => {
      if (!interruption.signal.aborted) throw thrown;
      io.progress('Stopped; the same command goes on from here.');
    });
  };
  await runCommand(stoppable, interruption);
}
