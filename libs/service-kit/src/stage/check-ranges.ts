import { UbtError, type FieldViolation } from '@ubt/errors';

/** Which values an option takes. */
export interface OptionRange {
  readonly from: number;
  readonly to: number;
  /** Whether `from` itself is left out. */
  readonly above?: true;
}

/**
 * The options, once every one of them lies in its range.
 *
 * @param ranges by option; names are lower camel case and become the contract's in the error
 * @throws UbtError OPTIONS_INVALID with every option that does not fit
 */
export function checkRanges<Options extends object>(
  options: Options,
  ranges: Readonly<Partial<Record<keyof Options, OptionRange>>>,
): Options {
  const violations = (Object.entries(ranges) as [string & keyof Options, OptionRange][]).flatMap(
    ([key, { from, to, above }]): FieldViolation[] => {
      const value = Number(options[key]);
      if ((above === true ? value > from : value >= from) && value <= to) return [];
      const field = `options.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
      return [
        { field, reason: `must be ${above === true ? 'above' : 'from'} ${from} to ${to}, is ${value}` },
      ];
    },
  );
  if (violations.length === 0) return options;
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  throw new UbtError('invalid-argument', `The options do not fit: ${list}.`, {
    code: 'OPTIONS_INVALID',
    fix: 'Correct them, or leave them unset for the defaults.',
    violations,
  });
}
