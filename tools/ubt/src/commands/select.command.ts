import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runSelect, type RunSelectFlags } from '../defence/run-select.js';
import { addEvaluationFlags } from '../options/input-options.js';
import { addPlaceFlags } from '../options/place-options.js';
import { addSeedFlag, addSelectFlags } from '../options/stage-options.js';

/** `ubt select`: only the selector, on what a detection left behind. */
export function selectCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'select',
    description: 'Judge whether there is a backdoor, and pick the pairs and tokens to unlearn.',
    examples: [
      ['ubt select ./result', 'go on from "ubt detect … --out ./result", in the same folder'],
      ['ubt select ./result --unlearn-pairs 128 --force', 'again, with a larger unlearn set'],
    ],
  })
    .argument('<dir>', 'the folder of an earlier "ubt detect"')
    .option('--force', 'replace an earlier selection in the folder');
  addSeedFlag(addSelectFlags(addEvaluationFlags(command)));
  return setAction<RunSelectFlags>(addPlaceFlags(command, ['selector']), state, runSelect);
}
