import { UbtError } from '@ubt/errors';

const MOST_NAMES = 1_000_000;
const RANGE = /^(-?\d+)\.\.(-?\d+)$/;

/** Whether a path is a pattern of {@link expandBraces}. */
export function hasBraces(path: string): boolean {
  return /\{[^{}]*(?:\.\.|,)[^{}]*\}/.test(path);
}

/**
 * The names that a brace pattern stands for, as in webdataset and the shell: `{000..099}` counts (zeros in front
 * are kept), `{train,val}` lists; several braces give all combinations, the last varying fastest.
 *
 * @throws UbtError `SHARD_PATTERN_INVALID` for more than a million names
 */
export function expandBraces(pattern: string): string[] {
  const found = /\{([^{}]*)\}/.exec(pattern);
  if (found === null || !hasBraces(found[0])) return [pattern];
  const before = pattern.slice(0, found.index);
  const rest = expandBraces(pattern.slice(found.index + found[0].length));
  const choices = choicesOf(found[1]!, pattern);
  if (choices.length * rest.length > MOST_NAMES) throw tooMany(pattern);
  return choices.flatMap((choice) => rest.map((end) => `${before}${choice}${end}`));
}

function choicesOf(inner: string, pattern: string): string[] {
  const range = RANGE.exec(inner);
  if (range === null) return inner.split(',');
  const [from, to] = [Number(range[1]), Number(range[2])];
  const count = Math.abs(to - from) + 1;
  if (!(count <= MOST_NAMES)) throw tooMany(pattern);
  const isPadded = [range[1]!, range[2]!].some((digits) => /^-?0\d/.test(digits));
  const width = isPadded ? Math.max(range[1]!.length, range[2]!.length) : 0;
  const step = from <= to ? 1 : -1;
  return Array.from({ length: count }, (_, at) => String(from + step * at).padStart(width, '0'));
}

function tooMany(pattern: string): UbtError {
  return new UbtError('invalid-argument', `${pattern} stands for more than ${MOST_NAMES} names.`, {
    code: 'SHARD_PATTERN_INVALID',
    fix: 'Check the numbers between the braces.',
  });
}
