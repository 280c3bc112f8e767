import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { UbtError } from '@ubt/errors';
import type { CliState } from './cli.js';
import type { CliIo } from './cli-io.js';
import { EXIT, exitCodeOfFailure } from './output/exit-code.js';
import { createOutput } from './output/output.js';
import { createProgram } from './program.js';
import type { StageLaunchers } from './stages/stage-launchers.js';

/**
 * Runs one command line.
 *
 * @param args what follows `ubt`
 * @param launch starts stages in this process, in place of the real ones
 * @returns the exit code; see EXIT
 */
export async function runCli(args: readonly string[], io: CliIo, launch?: StageLaunchers): Promise<number> {
  const state: CliState = { io, args, launch, exitCode: EXIT.ok };
  try {
    await createProgram(state, version()).parseAsync(args, { from: 'user' });
    return state.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.ok;
    createOutput(io, args.includes('--json')).failure(asUsageError(thrown, args));
    return exitCodeOfFailure(thrown, io.signal.reason);
  }
}

/** Commander's complaint about the command line as one of our errors; anything else as it is. */
function asUsageError(thrown: unknown, args: readonly string[]): unknown {
  if (!(thrown instanceof CommanderError)) return thrown;
  const command = args[0] !== undefined && !args[0].startsWith('-') ? `ubt ${args[0]}` : 'ubt';
  const message = thrown.code === 'commander.help' ? 'no command was given' : thrown.message;
  return new UbtError('invalid-argument', `${message.replace(/^error: /, '').replace(/\.$/, '')}.`, {
    code: 'USAGE',
    fix: `Run "${command} --help".`,
    cause: thrown,
  });
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
