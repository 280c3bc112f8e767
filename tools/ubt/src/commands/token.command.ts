import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { wholeNumber } from '../options/number.js';
import { runToken, type TokenFlags } from '../tokens/run-token.js';

/** `ubt token`: a bearer token for a caller of the services. */
export function tokenCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'token',
    description: 'Make a bearer token for a caller, and its entry for the access file (UBT_AUTH_FILE).',
    examples: [
      ['ubt token dashboard --role reader', 'a token that may see jobs'],
      [
        'ubt token pipeline --role submitter --days 90 --out ./pipeline.token',
        'the token in a file of its own',
      ],
    ],
  })
    .argument('<caller>', 'name of the caller, for the log')
    .requiredOption(
      '--role <name>',
      'operator, submitter, reader, scorer, or one of the access file; repeatable',
      collect,
    )
    .option('--days <n>', 'how long it counts; for ever unless told', wholeNumber)
    .option('--out <file>', 'write the token to this new file, readable by you alone, and do not print it');
  return setAction<TokenFlags>(command, state, runToken);
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
