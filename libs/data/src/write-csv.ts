import { atomicWrite } from './atomic-write.js';

/** A cell of a CSV file. */
export type CsvValue = string | number | boolean;

const FLUSH_AT_CHARACTERS = 1 << 16;

/**
 * Streams rows into a CSV file (RFC 4180, UTF-8, line feeds) that appears only when complete; memory does
 * not grow with the number of rows.
 *
 * @returns the number of rows written, the header not counted
 * @throws UbtError `DISK_FULL` …; the file is then as it was before
 */
export async function writeCsv(
  path: string,
  columns: readonly string[],
  rows: Iterable<readonly CsvValue[]> | AsyncIterable<readonly CsvValue[]>,
): Promise<number> {
  return atomicWrite(path, async (file) => {
    let count = 0;
    let pending = csvLine(columns);
    for await (const row of rows) {
      pending += csvLine(row);
      count += 1;
      if (pending.length < FLUSH_AT_CHARACTERS) continue;
      await file.writeFile(pending);
      pending = '';
    }
    await file.writeFile(pending);
    return count;
  });
}

function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvCell).join(',')}\n`;
}

function csvCell(value: CsvValue): string {
  const text = String(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
