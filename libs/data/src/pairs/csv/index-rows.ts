import { createReadStream } from 'node:fs';
import { UbtError } from '@ubt/errors';
import { parse, type Info } from 'csv-parse';
import { checkRow } from './check-row.js';
import { parserOptions, type PairDialect } from './pair-dialect.js';
import { growable } from '../growable.js';
import type { SkippedRows } from '../pair-manifest.js';
import { createSkipCount } from '../skip-count.js';

/** Where the usable rows stand in the file. */
export interface RowIndex {
  readonly total: number;
  /** Row numbers, ascending. */
  readonly usable: Uint32Array;
  /** First byte of each usable row, and the byte after its last: `[start, end, start, end, …]`. */
  readonly spans: Float64Array;
  readonly skipped: SkippedRows;
}

/**
 * Reads the whole file once, checks every row and remembers where the usable ones stand.
 *
 * @param checkPath throws when a row's image may not be read; gets the path as written and `file:line`
 * @throws UbtError `PAIRS_MALFORMED` with file and line
 */
export async function indexRows(
  path: string,
  dialect: PairDialect,
  longestCaptionBytes: number,
  checkPath: (id: string, place: string) => void,
): Promise<RowIndex> {
  const usable = growable(Uint32Array);
  const spans = growable(Float64Array);
  const skipped = createSkipCount();
  let total = -1;
  let start = 0;
  for await (const { record, info } of records(path, dialect)) {
    const row = total++;
    const span = [start, info.bytes];
    start = info.bytes;
    if (row < 0) continue;
    const place = () => `${path}:${info.lines - lineBreaks(record)}`;
    const checked = checkRow(record, dialect, longestCaptionBytes);
    if (checked.skip !== undefined) {
      skipped.add(checked.skip, place);
      continue;
    }
    checkPath(checked.id, place());
    usable.push(row);
    spans.push(span[0]!);
    spans.push(span[1]!);
  }
  return { total, usable: usable.take(), spans: spans.take(), skipped: skipped.take() };
}

async function* records(path: string, { delimiter }: PairDialect) {
  const source = createReadStream(path);
  const parser = parse({ ...parserOptions(delimiter), info: true });
  source.on('error', (error) => parser.destroy(error));
  try {
    for await (const item of source.pipe(parser)) yield item as { record: string[]; info: Info };
  } catch (error) {
    const line = (error as { lines?: number }).lines;
    if (line === undefined) throw UbtError.from(error);
    throw new UbtError('invalid-argument', `${path}:${line} cannot be parsed: ${(error as Error).message}.`, {
      code: 'PAIRS_MALFORMED',
      fix: 'Quote cells that hold separators, quotes or line breaks, and close every quote.',
      violations: [{ field: `${path}:${line}`, reason: 'not parsable' }],
      cause: error,
    });
  } finally {
    source.destroy();
  }
}

function lineBreaks(cells: readonly string[]): number {
  return cells.reduce((count, cell) => count + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
}
