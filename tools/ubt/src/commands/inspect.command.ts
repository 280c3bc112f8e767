import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runInspect } from '../inspect/run-inspect.js';

/** `ubt inspect`: what a model or a pairs file is, and whether UBT can work with it. */
export function inspectCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'inspect',
    description: 'Show what a model or a file of pairs is, and whether UBT can work with it.',
    examples: [
      ['ubt inspect ./suspect', 'a model folder; its weights are not read'],
      ['ubt inspect ./pairs.csv', 'pairs: how many can be used, and why others cannot'],
      ['ubt inspect s3://models/suspect', 'a model in S3; its folder is copied'],
    ],
  }).argument('<path>', 'a model folder, a file in one, or pairs as --pairs takes them; also s3://');
  return setAction<object>(command, state, runInspect);
}
