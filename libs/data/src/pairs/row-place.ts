import { UbtError } from '@ubt/errors';

/**
 * Place of a row among the usable ones, by binary search.
 *
 * @param usable ascending
 * @throws UbtError `PAIRS_ROW_UNKNOWN`
 */
export function rowPlace(usable: Uint32Array, row: number, file: string): number {
  let low = 0;
  let high = usable.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = usable[middle]!;
    if (found === row) return middle;
    if (found < row) low = middle + 1;
    else high = middle - 1;
  }
  throw new UbtError('out-of-range', `${file} has no usable row ${row}.`, {
    code: 'PAIRS_ROW_UNKNOWN',
    fix: 'Ask for rows that the same manifest listed as usable.',
  });
}
