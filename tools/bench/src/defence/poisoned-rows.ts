import { readFile } from 'node:fs/promises';

/** Rows that a `truth.csv` (columns `row,poisoned,…`) marks as poisoned. */
export async function poisonedRows(truth: string): Promise<ReadonlySet<number>> {
  const cells = (await readFile(truth, 'utf8'))
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  return new Set(cells.filter(([, poisoned]) => poisoned === '1').map(([row]) => Number(row)));
}
