import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { addRemoteFlags, type RemoteFlags } from '../options/remote-options.js';
import { runWatch } from '../runs/run-watch.js';

/** `ubt watch`: follow a job of a service. */
export function watchCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'watch',
    description: 'Follow a job of a service that runs, until it has ended.',
    examples: [
      ['ubt watch localhost:50051 jobs/2f6c1e', 'a job by its name'],
      ['ubt watch localhost:50053 20261122-155400-1a2b3c', "a run's job at that service, once it is there"],
    ],
  })
    .argument('<address>', 'host:port of a detector, selector or unlearner')
    .argument('<job>', 'name of the job (jobs/…), or id of a run');
  return setAction<RemoteFlags>(addRemoteFlags(command), state, runWatch);
}
