import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { decimal, wholeNumber } from '../options/number.js';
import { runRedteamData, type RedteamDataFlags } from '../redteam/run-redteam-data.js';

/** `ubt redteam data`: the emoji data set. */
export function redteamDataCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'data',
    description: 'Draw the emoji data set: image-caption pairs and labelled test images.',
    examples: [
      ['ubt redteam data --out ./emoji', '300 classes, 12,000 pairs of 32 × 32 pixels'],
      ['ubt redteam data --classes 100 --pairs 4000 --seed 2 --out ./emoji-small', 'a smaller one'],
    ],
  })
    .requiredOption('--out <dir>', 'folder for the data set')
    .option('--classes <n>', 'number of classes, or fast, medium, full', classes)
    .option('--pairs <n>', 'training pairs', wholeNumber)
    .option('--image-size <px>', 'side of the images', wholeNumber)
    .option('--natural-noise <x>', 'share of pairs with a wrong caption, in [0, 1]', decimal)
    .option('--test-views <n>', 'test images per class', wholeNumber)
    .option('--seed <n>', 'seed of everything random', wholeNumber);
  return setAction<RedteamDataFlags>(command, state, runRedteamData);
}

const classes = (text: string): string | number => (/^\d+$/.test(text) ? wholeNumber(text) : text);
