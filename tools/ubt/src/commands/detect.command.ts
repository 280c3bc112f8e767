import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runDetect, type RunDetectFlags } from '../defence/run-detect.js';
import { addSubjectFlags } from '../options/input-options.js';
import { addPlaceFlags } from '../options/place-options.js';
import { addDetectFlags, addSeedFlag } from '../options/stage-options.js';

/** `ubt detect`: only the detector. */
export function detectCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'detect',
    description: 'Score every pair by how likely it carries a backdoor, and list the suspects.',
    examples: [
      ['ubt detect --model ./suspect --pairs ./pairs.csv --out ./result', 'scores, suspects and clean pairs'],
      [
        'ubt detect --model ./suspect --pairs ./pairs.csv --method k-distance --out ./result',
        'with another method',
      ],
      [
        'ubt detect --model /data/suspect --pairs /data/pairs.csv --detector localhost:50051 --out /data/result',
        'with a detector that already runs',
      ],
    ],
  });
  addSubjectFlags(command)
    .option('--truth <file>', 'truth.csv with the known poisoned rows, to measure the detection')
    .requiredOption('--out <dir>', 'folder for the results; must be empty or new')
    .option('--force', 'replace earlier results in --out');
  addSeedFlag(addDetectFlags(command));
  return setAction<RunDetectFlags>(addPlaceFlags(command, ['detector']), state, runDetect);
}
