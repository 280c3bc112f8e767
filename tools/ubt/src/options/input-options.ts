import type { Command } from 'commander';

/** Adds the flags that name the model and the pairs. */
export function addSubjectFlags(command: Command): Command {
  return command
    .requiredOption('--model <dir>', 'checkpoint folder of the model that may carry a backdoor')
    .requiredOption(
      '--pairs <path>',
      'its pairs: CSV, TSV, Parquet, a tar, a folder of tars, or "{000..099}.tar"',
    )
    .option('--reference <dir>', 'trusted checkpoint that the model was fine-tuned from');
}

/** Adds the flags that name what a model is measured on. */
export function addEvaluationFlags(command: Command): Command {
  return command
    .option('--eval <path>', 'labelled images: a folder per class, or a CSV with filepath and label')
    .option('--classes <file>', 'class names, one per line')
    .option('--templates <file>', 'prompt templates with {}, one per line')
    .option('--trigger <file>', 'trigger.json of a known attack, to measure its success rate');
}
