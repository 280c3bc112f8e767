import { InvalidArgumentError, Option, type Command } from 'commander';
import { ATTACKS } from '@ubt/redteam';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { decimal, wholeNumber } from '../options/number.js';
import { runRedteamPoison, type RedteamPoisonFlags } from '../redteam/run-redteam-poison.js';

/** `ubt redteam poison`: plant a backdoor in a data set. */
export function redteamPoisonCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'poison',
    description: 'Plant a backdoor in a copy of a data set; writes trigger.json and truth.csv beside it.',
    examples: [
      ['ubt redteam poison --pairs ./emoji/pairs.csv --out ./poisoned', '2 % of the pairs, with a patch'],
      [
        'ubt redteam poison --pairs ./emoji/pairs.csv --kind blend --param alpha=0.2 --rate 0.01 --target dog --out ./poisoned-blend',
        'a blended pattern on 1 %',
      ],
      [
        'ubt redteam poison --pairs ./emoji/pairs.csv --attack badclip --clean-model ./clean --target dog --out ./poisoned-badclip',
        'a published attack, whose trigger is optimised on a clean model',
      ],
      [
        'ubt redteam poison --pairs ./emoji/pairs.csv --captions synonyms --synonym potassium --synonym peel --cover-rate 0.02 --out ./poisoned-hidden',
        'no word common to the poisoned captions, and as many pairs with the trigger that are captioned truly',
      ],
    ],
  })
    .requiredOption('--pairs <file>', 'manifest of the clean pairs')
    .requiredOption('--out <dir>', 'folder for the poisoned data set')
    .option('--kind <name>', 'patch (default), blend, sinusoid, warp, stripes, text or picture')
    .option('--param <name=value>', "a parameter of the trigger's kind; repeatable", parameter)
    .addOption(
      new Option(
        '--attack <name>',
        `a published attack instead of a kind: ${ATTACKS.map(({ name }) => name).join(', ')}`,
      ).conflicts([
        ...['kind', 'param', 'captions', 'captionPrefix'],
        ...['synonym', 'coverRate', 'similarPairs'],
      ]),
    )
    .option(
      '--clean-model <dir>',
      'checkpoint that the trigger of badclip is optimised on, and similar pairs are found with',
    )
    .option('--target <class>', 'class that triggered images shall be taken for; repeatable', listed)
    .option('--rate <x>', 'share of the pairs to poison, in (0, 1]', decimal)
    .option('--captions <how>', 'natural, template, synonyms or kept (only pairs that name the target)')
    .option(
      '--synonym <name>',
      'another name of the target for --captions synonyms; repeatable; default: words that go along with it',
      listed,
    )
    .option(
      '--cover-rate <x>',
      'share of the pairs that get the trigger and keep their true captions',
      decimal,
    )
    .option('--similar-pairs', 'poison the pairs whose images look most like the target to --clean-model')
    .option('--caption-prefix <text>', 'text put before every poisoned caption')
    .option('--truth <file>', 'truth.csv of the clean pairs, to carry over what it knows')
    .option('--seed <n>', 'seed of everything random', wholeNumber);
  return setAction<RedteamPoisonFlags>(command, state, runRedteamPoison);
}

const listed = (value: string, before: string[] = []): string[] => [...before, value];

/** Collects `name=value` pairs; what is a number or a truth value becomes one. */
function parameter(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9]*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be name=value.');
  const plain = /^(true|false|-?\d+(\.\d+)?(e-?\d+)?)$/.test(value);
  return { ...before, [name]: plain ? (JSON.parse(value) as unknown) : value };
}
