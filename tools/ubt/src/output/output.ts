import { UbtError } from '@ubt/errors';
import type { CliIo } from '../cli-io.js';
import { printable } from './format.js';
import { createProgress, type Progress, type Step } from './progress.js';

/** What a command prints: results on standard output, everything else on standard error. */
export interface Output {
  /**
   * Prints the result: as one JSON object with `--json`, otherwise as lines. Called once, at the end.
   *
   * @param data plain JSON data
   */
  result(data: object, lines: readonly string[]): void;
  /** Prints a remark that is not part of the result. */
  note(line: string): void;
  /** Prints the failure that ends the command. */
  failure(thrown: unknown): void;
  /** Shows the steps of a longer command. */
  progress(steps: readonly Step[]): Progress;
}

/** Output of one command. */
export function createOutput(io: CliIo, json: boolean): Output {
  const print = (lines: readonly string[]) => io.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return {
    result: (data, lines) => print(json ? [JSON.stringify(data)] : lines.map(printable)),
    note: (line) => io.stderr.write(`${printable(line)}\n`),
    failure(thrown) {
      const error = UbtError.from(thrown);
      if (json) print([JSON.stringify({ error: describeFailure(error) })]);
      else
        io.stderr.write(
          failureLines(error)
            .map((line) => `${printable(line)}\n`)
            .join(''),
        );
    },
    progress: (steps) => createProgress(steps, io.stderr),
  };
}

/** An error with every key always there, so that readers of the JSON need not guess. */
function describeFailure({ kind, code, message, fix, violations }: UbtError): object {
  return { kind, code, message, fix: fix ?? null, violations };
}

function failureLines({ message, code, fix, violations }: UbtError): string[] {
  return [
    `error: ${message} [${code}]`,
    ...violations.map(({ field, reason }) => `  ${field}: ${reason}`),
    ...(fix === undefined || fix === '' ? [] : [`  fix: ${fix}`]),
  ];
}
