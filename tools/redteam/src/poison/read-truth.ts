import { readFile } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';

/** What is known about the rows of a pairs file. */
export interface KnownRows {
  /** Poisoned before. */
  readonly poisoned: ReadonlySet<number>;
  /** With a trigger, and their true captions. */
  readonly covers: ReadonlySet<number>;
  /** With a caption that is wrong by nature. */
  readonly wrongCaptions: ReadonlySet<number>;
}

/**
 * Reads which rows are poisoned and which captions are wrong from a `truth.csv` (columns
 * `row,poisoned,wrong_caption,…`); without one, none are known.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `TRUTH_MALFORMED`
 */
export async function readTruth(path: string | undefined): Promise<KnownRows> {
  if (path === undefined) return { poisoned: new Set(), covers: new Set(), wrongCaptions: new Set() };
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  const [header = '', ...lines] = text.split('\n');
  if (!header.startsWith('row,poisoned,wrong_caption')) {
    throw new UbtError('invalid-argument', `${path}:1 does not start with row,poisoned,wrong_caption.`, {
      code: 'TRUTH_MALFORMED',
      fix: 'Give the truth.csv that came with the pairs.',
    });
  }
  const cells = lines.filter((line) => line !== '').map((line) => line.split(','));
  const rowsWith = (column: number) =>
    new Set(cells.filter((cell) => cell[column] === '1').map(([row]) => Number(row)));
  const cover = header.trim().split(',').indexOf('cover');
  return { poisoned: rowsWith(1), covers: rowsWith(cover), wrongCaptions: rowsWith(2) };
}
