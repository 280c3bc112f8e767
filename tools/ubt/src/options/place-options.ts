import type { Command } from 'commander';
import { UbtError } from '@ubt/errors';
import type { Stage } from '@ubt/contracts';
import { decimal, wholeNumber } from './number.js';
import { addRemoteFlags, type RemoteFlags } from './remote-options.js';

/** Flags that say where the stages run and with what. */
export interface PlaceFlags extends RemoteFlags {
  readonly detector?: string;
  readonly selector?: string;
  readonly unlearner?: string;
  readonly root?: string[];
  readonly backend?: string;
  readonly device?: string;
  readonly threads?: number;
  readonly stageWait?: number;
  readonly keepWork?: boolean;
}

/** Adds the flags for the stages that a command uses. */
export function addPlaceFlags(command: Command, stages: readonly Stage[]): Command {
  for (const stage of stages) {
    command.option(`--${stage} <address>`, `use the ${stage} that runs at host:port instead of one here`);
  }
  return addRemoteFlags(command)
    .option('--root <dir>', 'another folder that may be read; repeatable', collect)
    .option('--backend <name>', 'engine: onnxruntime (default) or tensorflow')
    .option('--device <name>', 'cpu (default), cuda or webgpu')
    .option('--threads <n>', 'threads of the engine', wholeNumber)
    .option('--stage-wait <s>', 'seconds that a stage may take to pick up its event', decimal, 60)
    .option('--keep-work', 'keep the working files below the data folder');
}

/**
 * The addresses of running services; undefined when the stages are to run in this process.
 *
 * @throws UbtError USAGE when only some are given: events of a stage here could not reach one elsewhere
 */
export function remoteAddresses(
  flags: PlaceFlags,
  stages: readonly Stage[],
): Partial<Record<Stage, string>> | undefined {
  const given = stages.filter((stage) => flags[stage] !== undefined);
  if (given.length === 0) return undefined;
  if (given.length === stages.length) return Object.fromEntries(stages.map((name) => [name, flags[name]]));
  const missing = stages.filter((stage) => flags[stage] === undefined).map((stage) => `--${stage}`);
  throw new UbtError('invalid-argument', `${missing.join(' and ')} must be given too.`, {
    code: 'USAGE',
    fix: `Give the address of every stage (${stages.join(', ')}), or of none.`,
  });
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
