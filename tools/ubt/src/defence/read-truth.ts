import { readFile } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';

/**
 * Reads which rows of a pairs manifest are known to be poisoned, from a CSV with the columns `row` and
 * `poisoned` (0 or 1), as `ubt redteam poison` writes it.
 *
 * @throws UbtError TRUTH_MALFORMED, with file and line
 */
export async function readTruth(path: string): Promise<ReadonlyMap<number, boolean>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  const [header = '', ...lines] = text.split(/\r?\n/);
  const columns = header.split(',');
  const [row, poisoned] = [columns.indexOf('row'), columns.indexOf('poisoned')];
  if (row < 0 || poisoned < 0) throw malformed(`${path}:1`, 'it needs the columns row and poisoned');
  const truth = new Map<number, boolean>();
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const cells = line.split(',');
    const [number, flag] = [cells[row] ?? '', cells[poisoned] ?? ''];
    if (!/^\d+$/.test(number)) throw malformed(`${path}:${index + 2}`, 'row is not a whole number');
    if (flag !== '0' && flag !== '1') throw malformed(`${path}:${index + 2}`, 'poisoned is neither 0 nor 1');
    truth.set(Number(number), flag === '1');
  }
  return truth;
}

function malformed(place: string, why: string): UbtError {
  return new UbtError('invalid-argument', `${place}: ${why}.`, {
    code: 'TRUTH_MALFORMED',
    fix: 'Give the truth.csv that belongs to these pairs.',
    violations: [{ field: place, reason: why }],
  });
}
