import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CLASS_LISTS } from '@ubt/redteam';
import { UbtError } from '@ubt/errors';

/** The class list of an option: a name or a number. @throws UbtError `USAGE` */
export function classList(text: string): keyof typeof CLASS_LISTS | number {
  if (Object.hasOwn(CLASS_LISTS, text)) return text as keyof typeof CLASS_LISTS;
  return wholeNumber('--classes', text)!;
}

/**
 * The names that an option lists; all known ones when it is not given.
 *
 * @throws UbtError `USAGE`
 */
export function names<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): readonly Name[] {
  if (text === undefined) return known;
  return text.split(',').map((given) => {
    const found = known.find((name) => name === given);
    if (found === undefined) throw usage(`${option} ${given}: use ${known.join(', ')}.`);
    return found;
  });
}

/** The value of an option that takes a whole number above 0, and at most `most`. @throws UbtError `USAGE` */
export function wholeNumber(
  option: string,
  text: string | undefined,
  most = 999_999_999,
): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text) || Number(text) > most) {
    throw usage(`${option} ${text}: it must be a whole number above 0.`);
  }
  return Number(text);
}

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** The options of a command line, by name. @throws UbtError `USAGE` */
export function readOptions<const Options extends OptionsConfig>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; options: Options }>>['values'] {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw usage((error as Error).message);
  }
}

/** A command line that is not understood. */
export function usage(message: string): UbtError {
  return new UbtError('invalid-argument', message, { code: 'USAGE', fix: 'See --help.' });
}
