import { Command } from 'commander';
import type { CliIo } from './cli-io.js';
import { readCliConfig, type CliConfig } from './config.js';
import { createOutput, type Output } from './output/output.js';
import { shellCommand } from './output/shell-command.js';
import type { StageLaunchers } from './stages/stage-launchers.js';

/** What a command's action works with. */
export interface ActionContext {
  readonly io: CliIo;
  readonly config: CliConfig;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** The command line as it can be typed again. */
  readonly commandLine: string;
  /** Starts stages in this process; unset means the real ones. */
  readonly launch: StageLaunchers | undefined;
}

/** What one run of the command line remembers between parsing and exiting. */
export interface CliState {
  readonly io: CliIo;
  readonly args: readonly string[];
  readonly launch: StageLaunchers | undefined;
  exitCode: number;
}

/** Name, purpose and runnable examples of a command. */
export interface CommandText {
  readonly name: string;
  readonly description: string;
  /** Each a command line and what it does. */
  readonly examples: readonly (readonly [command: string, effect: string])[];
}

/** A command with `--json` and its examples in `--help`. */
export function leafCommand({ name, description, examples }: CommandText): Command {
  const command = new Command(name).description(description).option('--json', 'print one JSON object');
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map(([line, effect]) => `  # ${effect}\n  $ ${line}\n`).join('')}`,
  );
}

/**
 * Sets what a command does. The action returns its exit code.
 *
 * @typeParam O the command's options, as commander parses them
 */
export function setAction<O extends object>(
  command: Command,
  state: CliState,
  act: (options: O, context: ActionContext, args: readonly string[]) => Promise<number>,
): Command {
  return command.action(async () => {
    const options = command.opts<O & { json?: boolean }>();
    const { io, args, launch } = state;
    const context: ActionContext = {
      io,
      config: readCliConfig(io.env),
      output: createOutput(io, options.json === true),
      signal: io.signal,
      commandLine: shellCommand(['ubt', ...args]),
      launch,
    };
    state.exitCode = await act(options, context, command.args);
  });
}
