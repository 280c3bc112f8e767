import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runRuns, type RunsFlags } from '../runs/run-runs.js';
import { wholeNumber } from '../options/number.js';
import { addRemoteFlags } from '../options/remote-options.js';

/** `ubt runs`: what has been run. */
export function runsCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'runs',
    description: 'List the runs started on this machine, or the jobs of a service.',
    examples: [
      ['ubt runs', 'the runs of this machine, newest first'],
      ['ubt runs --service localhost:50051', 'the jobs of a service that runs'],
      ['ubt runs --remove 20261122-155400-1a2b3c', 'forget a run; its results stay where they are'],
    ],
  })
    .option('--service <address>', 'host:port of a detector, selector or unlearner')
    .option('--run <id>', 'only this run')
    .option('--limit <n>', 'most entries to show', wholeNumber, 20)
    .option('--remove <id>', 'forget a run of this machine and remove its log and working files');
  return setAction<RunsFlags>(addRemoteFlags(command), state, runRuns);
}
