import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runEvaluate, type EvaluateFlags } from '../evaluation/run-evaluate.js';
import { wholeNumber } from '../options/number.js';

/** `ubt evaluate`: how a model does on labelled images. */
export function evaluateCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'evaluate',
    description: 'Measure zero-shot accuracy, attack success where a trigger is known, and retrieval.',
    examples: [
      ['ubt evaluate --model ./model --eval ./test --classes ./classes.txt', 'clean accuracy'],
      ['ubt evaluate --model ./model --pairs ./held-out.csv', 'retrieval, where there are no labels'],
      [
        'ubt evaluate --model ./model --eval ./test --classes ./classes.txt --trigger ./trigger.json --json',
        'with the attack success rate, as JSON',
      ],
    ],
  })
    .requiredOption('--model <dir>', 'checkpoint folder')
    .option('--eval <path>', 'labelled images: a folder per class, or a CSV with filepath and label')
    .option('--classes <file>', 'class names: one per line, a JSON or Python list, or ImageNet’s')
    .option('--pairs <path>', 'image-caption pairs, to measure retrieval on (R@1, R@5, R@10)')
    .option('--templates <file>', 'prompt templates with {}: one per line, or a JSON or Python list')
    .option('--trigger <file>', 'trigger.json of a known attack')
    .option('--batch-size <n>', 'images per batch', wholeNumber)
    .option('--backend <name>', 'engine: onnxruntime (default) or tensorflow')
    .option('--device <name>', 'cpu (default), cuda or webgpu')
    .option('--threads <n>', 'threads of the engine', wholeNumber);
  return setAction<EvaluateFlags>(command, state, runEvaluate);
}
