import type { Command } from 'commander';
import { STAGES } from '@ubt/contracts';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runDefend, type DefendFlags } from '../defence/run-defend.js';
import { addEvaluationFlags, addSubjectFlags } from '../options/input-options.js';
import { addPlaceFlags } from '../options/place-options.js';
import { addDetectFlags, addSeedFlag, addSelectFlags, addUnlearnFlags } from '../options/stage-options.js';

/** `ubt defend`: the whole defence. */
export function defendCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'defend',
    description: 'Detect, select and unlearn: gives back a model without the backdoor, with the evidence.',
    examples: [
      ['ubt defend --model ./suspect --pairs ./pairs.csv --out ./result', 'the main job'],
      [
        'ubt defend --model ./suspect --pairs ./pairs.csv --reference ./public --eval ./test --classes ./classes.txt --out ./result',
        'with the checkpoint it was fine-tuned from, and measured before and after',
      ],
      [
        'ubt defend --model ./suspect --pairs ./pairs.csv --out ./result --json > result.json',
        'for a pipeline: one JSON object, and the exit code to gate on',
      ],
      [
        'ubt defend --model /data/suspect --pairs /data/pairs.csv --out /data/result --detector localhost:50051 --selector localhost:50052 --unlearner localhost:50053',
        'with services that already run and see the same files',
      ],
    ],
  });
  addEvaluationFlags(addSubjectFlags(command))
    .option('--truth <file>', 'truth.csv with the known poisoned rows, to measure the detection')
    .requiredOption('--out <dir>', 'folder for the results; must be empty or new')
    .option('--force', 'replace earlier results in --out');
  addSeedFlag(addUnlearnFlags(addSelectFlags(addDetectFlags(command))));
  return setAction<DefendFlags>(addPlaceFlags(command, STAGES), state, runDefend);
}
