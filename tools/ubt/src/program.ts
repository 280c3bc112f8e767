import { Command } from 'commander';
import type { CliState } from './cli.js';
import { defendCommand } from './commands/defend.command.js';
import { detectCommand } from './commands/detect.command.js';
import { doctorCommand } from './commands/doctor.command.js';
import { evaluateCommand } from './commands/evaluate.command.js';
import { inspectCommand } from './commands/inspect.command.js';
import { prepareCommand } from './commands/prepare.command.js';
import { redteamCommand } from './commands/redteam.command.js';
import { reportCommand } from './commands/report.command.js';
import { runsCommand } from './commands/runs.command.js';
import { selectCommand } from './commands/select.command.js';
import { serveCommand } from './commands/serve.command.js';
import { tokenCommand } from './commands/token.command.js';
import { unlearnCommand } from './commands/unlearn.command.js';
import { watchCommand } from './commands/watch.command.js';

const COMMANDS = [
  defendCommand,
  detectCommand,
  selectCommand,
  unlearnCommand,
  evaluateCommand,
  serveCommand,
  tokenCommand,
  prepareCommand,
  runsCommand,
  watchCommand,
  reportCommand,
  inspectCommand,
  doctorCommand,
  redteamCommand,
];

/** The whole command tree. */
export function createProgram(state: CliState, version: string): Command {
  const program = new Command('ubt')
    .description('Finds and removes backdoors in CLIP-style models.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help; each command has its own')
    .addHelpText(
      'after',
      '\nExit codes: 0 clean or repaired, 2 backdoor found and not repaired, 3 inconclusive, 1 error.',
    );
  for (const make of COMMANDS) program.addCommand(make(state));
  return isolate(program, state);
}

/** Nothing in the tree writes to or ends the process itself. */
function isolate(command: Command, state: CliState): Command {
  command.exitOverride().configureOutput({
    writeOut: (text) => state.io.stdout.write(text),
    // A usage error is printed by whoever parses, in the form that was asked for.
    writeErr: () => undefined,
  });
  for (const child of command.commands) isolate(child, state);
  return command;
}
