import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { wholeNumber } from '../options/number.js';
import { runPrepare, type PrepareFlags } from '../serve/run-prepare.js';

/** `ubt prepare`: what the services need on NATS. */
export function prepareCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'prepare',
    description:
      'Create the streams and consumers on NATS, for autoscalers that look at them before a service has run.',
    examples: [
      ['UBT_NATS_URL=nats://localhost:4222 ubt prepare', 'at the installation; again changes nothing'],
      ['UBT_NATS_URL=nats://nats:4222 ubt prepare --replicas 3', 'for a cluster of three NATS servers'],
    ],
  })
    .option('--replicas <n>', 'copies of the streams, where they are made', wholeNumber, 1)
    .option('--timeout <seconds>', 'how long NATS may take to be there', wholeNumber, 60);
  return setAction<PrepareFlags>(command, state, runPrepare);
}
