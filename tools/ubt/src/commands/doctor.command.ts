import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runDoctor } from '../doctor/run-doctor.js';

/** `ubt doctor`: what this machine offers and what would be used. */
export function doctorCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'doctor',
    description: 'Show what this machine offers, and what a defence here would use.',
    examples: [
      ['ubt doctor', 'everything at a glance'],
      ['UBT_DEVICE=cuda ubt doctor', 'would the GPU be used? The exit code says so too'],
    ],
  });
  return setAction<object>(command, state, runDoctor);
}
