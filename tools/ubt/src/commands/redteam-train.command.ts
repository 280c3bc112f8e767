import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { decimal, wholeNumber } from '../options/number.js';
import { runRedteamTrain, type RedteamTrainFlags } from '../redteam/run-redteam-train.js';

/** `ubt redteam train`: train a small CLIP. */
export function redteamTrainCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'train',
    description: 'Train a small CLIP on a data set, from scratch or from a checkpoint.',
    examples: [
      ['ubt redteam train --pairs ./poisoned/pairs.csv --out ./victim', 'a victim for the defence'],
      ['ubt redteam train --pairs ./emoji/pairs.csv --preset vit --steps 2000 --out ./clean', 'a small ViT'],
      [
        'ubt redteam train --pairs ./poisoned/pairs.csv --from ./clean --steps 300 --learning-rate 0.0005 --out ./victim',
        'fine-tune a clean model on poisoned pairs',
      ],
    ],
  })
    .requiredOption('--pairs <file>', 'manifest of the pairs')
    .requiredOption('--out <dir>', 'folder for the checkpoint; must not exist')
    .option('--from <dir>', 'checkpoint to go on from')
    .option('--preset <name>', 'conv (a small ModifiedResNet) or vit')
    .option('--image-size <px>', 'side of the images', wholeNumber)
    .option('--vision-width <n>', 'width of the image tower', wholeNumber)
    .option('--embed-dim <n>', 'size of the embeddings', wholeNumber)
    .option('--steps <n>', 'optimiser steps', wholeNumber)
    .option('--batch-size <n>', 'pairs per step', wholeNumber)
    .option('--learning-rate <x>', 'peak learning rate', decimal)
    .option('--seed <n>', 'seed of weights, order and augmentation', wholeNumber)
    .option('--backend <name>', 'engine: onnxruntime (default) or tensorflow')
    .option('--device <name>', 'cpu (default), cuda or webgpu')
    .option('--threads <n>', 'threads of the engine', wholeNumber);
  return setAction<RedteamTrainFlags>(command, state, runRedteamTrain);
}
