import { Command } from 'commander';
import type { CliState } from '../cli.js';
import { redteamDataCommand } from './redteam-data.command.js';
import { redteamPoisonCommand } from './redteam-poison.command.js';
import { redteamTrainCommand } from './redteam-train.command.js';

/** `ubt redteam`: makes something to defend against. */
export function redteamCommand(state: CliState): Command {
  return new Command('redteam')
    .description('Make victims to test the defence on: data, poison, training. Not part of a defence.')
    .addCommand(redteamDataCommand(state))
    .addCommand(redteamPoisonCommand(state))
    .addCommand(redteamTrainCommand(state));
}
