import { readFile } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';

/** Rows of a pairs file whose caption is known to be wrong by nature. */
export type WrongCaptions = ReadonlySet<number>;

/**
 * Reads which captions are wrong from a `truth.csv` (columns `row,poisoned,wrong_caption,…`); without one,
 * none are known.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `TRUTH_MALFORMED`
 */
export async function readWrongCaptions(path: string | undefined): Promise<WrongCaptions> {
  if (path === undefined) return new Set();
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  const [header = '', ...lines] = text.split('\n');
  if (!header.startsWith('row,poisoned,wrong_caption')) {
    throw new UbtError('invalid-argument', `${path}:1 does not start with row,poisoned,wrong_caption.`, {
      code: 'TRUTH_MALFORMED',
      fix: 'Give the truth.csv that came with the clean pairs.',
    });
  }
  const cells = lines.filter((line) => line !== '').map((line) => line.split(',', 3));
  return new Set(cells.filter(([, , wrong]) => wrong === '1').map(([row]) => Number(row)));
}
