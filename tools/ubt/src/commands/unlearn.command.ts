import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runUnlearn, type RunUnlearnFlags } from '../defence/run-unlearn.js';
import { addEvaluationFlags } from '../options/input-options.js';
import { addPlaceFlags } from '../options/place-options.js';
import { addSeedFlag, addUnlearnFlags } from '../options/stage-options.js';

/** `ubt unlearn`: only the unlearner, on what a selection left behind. */
export function unlearnCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'unlearn',
    description: 'Make the model forget the backdoor that a selection found, and prove it.',
    examples: [
      ['ubt unlearn ./result', 'go on from "ubt select ./result", in the same folder'],
      [
        'ubt unlearn ./result --eval ./test --classes ./classes.txt --trigger ./trigger.json',
        'and measure the model before and after',
      ],
    ],
  })
    .argument('<dir>', 'the folder of an earlier "ubt select"')
    .option('--force', 'replace an earlier unlearning in the folder');
  addSeedFlag(addUnlearnFlags(addEvaluationFlags(command)));
  return setAction<RunUnlearnFlags>(addPlaceFlags(command, ['unlearner']), state, runUnlearn);
}
