import { Argument, type Command } from 'commander';
import { STAGES } from '@ubt/contracts';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { wholeNumber } from '../options/number.js';
import { runServe, type ServeFlags } from '../serve/run-serve.js';

/** `ubt serve`: the services, until they are stopped. */
export function serveCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'serve',
    description: 'Run one service, or all three, until stopped. Configured by environment variables.',
    examples: [
      ['ubt serve detector --port 7001', 'the detector alone'],
      ['ubt serve all', 'all three on ports 50051 to 50053, with one event bus among them'],
      [
        'UBT_NATS_URL=nats://localhost:4222 UBT_ARTIFACT_ROOTS=/data ubt serve selector',
        'a selector that takes its events from NATS',
      ],
    ],
  })
    .addArgument(new Argument('<service>', 'which').choices([...STAGES, 'all']))
    .option('--host <address>', 'address to listen on; UBT_HOST or loopback unless told')
    .option('--port <n>', 'port to listen on, 0 for a free one; all: the first of three', wholeNumber);
  return setAction<ServeFlags>(command, state, runServe);
}
