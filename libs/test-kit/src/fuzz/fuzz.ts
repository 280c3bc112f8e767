import { UbtError } from '@ubt/errors';

/** What became of many malformed inputs. */
export interface FuzzResult {
  /** Inputs that were read: not every mutation spoils a file. */
  readonly accepted: number;
  /** Inputs that were refused as they should be: by an UbtError that names the place. */
  readonly refused: number;
  /** Anything else: what was thrown, and the number of the input. */
  readonly faults: readonly string[];
  /** Longest time that one input took. */
  readonly slowestMs: number;
  /** Memory of the process at its highest, above that before the first input. */
  readonly grownMiB: number;
}

const NAMED_FAULTS = 5;

/**
 * Has malformed inputs read, one after the other.
 *
 * @param read reads one input to the end
 * @param place must occur in the message, or in a violation's field, of every refusal
 */
export async function fuzz(
  inputs: Iterable<Uint8Array>,
  read: (input: Uint8Array) => Promise<void> | void,
  place: string,
): Promise<FuzzResult> {
  const faults: string[] = [];
  let [accepted, refused, slowestMs, number] = [0, 0, 0, 0];
  const before = process.memoryUsage().rss;
  let highest = before;
  for (const input of inputs) {
    const started = performance.now();
    try {
      await read(input);
      accepted += 1;
    } catch (error) {
      const fault = faultOf(error, place);
      if (fault === undefined) refused += 1;
      else if (faults.length < NAMED_FAULTS) faults.push(`input ${number}: ${fault}`);
      else faults[NAMED_FAULTS] = 'and more';
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
    highest = Math.max(highest, process.memoryUsage().rss);
    number += 1;
  }
  return { accepted, refused, faults, slowestMs, grownMiB: (highest - before) / 2 ** 20 };
}

function faultOf(error: unknown, place: string): string | undefined {
  if (!(error instanceof UbtError)) return `not an UbtError: ${String((error as Error)?.stack ?? error)}`;
  if (error.code === 'UNEXPECTED')
    return `unexpected: ${String((error.cause as Error)?.stack ?? error.message)}`;
  const named = error.message.includes(place) || error.violations.some(({ field }) => field.includes(place));
  return named ? undefined : `does not name ${place}: ${error.message}`;
}
