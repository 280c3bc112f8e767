import { open, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UbtError } from '@ubt/errors';
import { parse } from 'csv-parse/sync';
import { resolveBelow } from '@ubt/artifacts';
import { checkRow } from './check-row.js';
import { indexRows, type RowIndex } from './index-rows.js';
import { parserOptions, sniffDialect, type PairDialect } from './pair-dialect.js';
import type { PairManifest, PairRow } from './pair-manifest.js';

/** Options of {@link openPairs}. */
export interface OpenPairsOptions {
  /** Further folders that images may lie in, besides the manifest's own. */
  readonly roots?: readonly string[];
  /** Names of the image column, the first found is taken; default `filepath`, `image`, `image_path`, `path`. */
  readonly imageColumns?: readonly string[];
  /** Names of the caption column; default `title`, `caption`, `text`. */
  readonly captionColumns?: readonly string[];
  /** Longer captions are skipped; bytes, default 8192. */
  readonly longestCaptionBytes?: number;
}

const ROWS_PER_READ = 1024;

/**
 * Opens a CSV or TSV file of image-caption pairs (columns `filepath,title` as in open_clip, or
 * `image,caption`; UTF-8, with header). The file is read once to check and index every row. Rows that
 * cannot be used are counted with the reason and skipped.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `PAIRS_EMPTY`, `PAIRS_COLUMN_MISSING`, `PAIRS_MALFORMED`,
 *   `PAIRS_NO_USABLE_ROWS`, `PATH_OUTSIDE_ROOTS`; each names file and line
 */
export async function openPairs(path: string, options: OpenPairsOptions = {}): Promise<PairManifest> {
  const file = resolve(path);
  const longestCaptionBytes = options.longestCaptionBytes ?? 8192;
  const dialect = await sniffDialect(file, options);
  const roots = await realRoots([dirname(file), ...(options.roots ?? [])]);
  const index = await indexRows(file, dialect, longestCaptionBytes, (id, place) => {
    resolveBelow(roots, id, place);
  });
  if (index.usable.length === 0) throw noUsableRows(file, index);
  const reader = { file, roots, dialect, longestCaptionBytes, index };
  return {
    path: file,
    roots,
    columns: dialect.columns,
    total: index.total,
    usable: index.usable,
    skipped: index.skipped,
    rows: () => readAll(reader),
    read: (rows) => readRows(reader, rows),
  };
}

interface Reader {
  readonly file: string;
  readonly roots: readonly string[];
  readonly dialect: PairDialect;
  readonly longestCaptionBytes: number;
  readonly index: RowIndex;
}

async function realRoots(folders: readonly string[]): Promise<string[]> {
  return Promise.all(folders.map((folder) => realpath(folder))).catch((error: unknown) => {
    throw UbtError.from(error);
  });
}

function noUsableRows(file: string, { total, skipped }: RowIndex): UbtError {
  const reasons = Object.entries(skipped.byReason).map(([reason, count]) => `${count} ${reason}`);
  const message =
    total === 0
      ? `${file} has a header and no rows.`
      : `None of the ${total} rows of ${file} can be used: ${reasons.join(', ')}.`;
  return new UbtError('invalid-argument', message, {
    code: total === 0 ? 'PAIRS_EMPTY' : 'PAIRS_NO_USABLE_ROWS',
    fix: 'Give one image-caption pair a row, captions in UTF-8.',
    violations: skipped.examples.map(({ place, reason }) => ({ field: place, reason })),
  });
}

async function* readAll(reader: Reader): AsyncGenerator<PairRow> {
  const { usable } = reader.index;
  for (let from = 0; from < usable.length; from += ROWS_PER_READ) {
    yield* await readRows(reader, [...usable.subarray(from, from + ROWS_PER_READ)]);
  }
}

async function readRows(reader: Reader, rows: readonly number[]): Promise<PairRow[]> {
  if (rows.length === 0) return [];
  const places = rows.map((row) => placeOf(reader, row));
  const handle = await open(reader.file, 'r').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  try {
    const text = await readSpans(handle, reader, places);
    const records = parse(text, parserOptions(reader.dialect.delimiter)) as string[][];
    return rows.map((row, at) => toPair(reader, row, records[at]));
  } finally {
    await handle.close();
  }
}

/** Reads the rows' bytes in order; neighbours in the file are read at once. */
async function readSpans(handle: FileHandle, { index }: Reader, places: readonly number[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let from = 0; from < places.length;) {
    let to = from + 1;
    while (to < places.length && startOf(index, places[to]!) === endOf(index, places[to - 1]!)) to += 1;
    const start = startOf(index, places[from]!);
    const part = Buffer.alloc(endOf(index, places[to - 1]!) - start);
    await handle.read(part, 0, part.length, start);
    parts.push(part, Buffer.from('\n'));
    from = to;
  }
  return Buffer.concat(parts);
}

function startOf({ spans }: RowIndex, place: number): number {
  return spans[2 * place]!;
}

function endOf({ spans }: RowIndex, place: number): number {
  return spans[2 * place + 1]!;
}

/** Place of a row among the usable ones, by binary search. */
function placeOf({ file, index }: Reader, row: number): number {
  let low = 0;
  let high = index.usable.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = index.usable[middle]!;
    if (found === row) return middle;
    if (found < row) low = middle + 1;
    else high = middle - 1;
  }
  throw new UbtError('out-of-range', `${file} has no usable row ${row}.`, {
    code: 'PAIRS_ROW_UNKNOWN',
    fix: 'Ask for rows that the same manifest listed as usable.',
  });
}

function toPair(reader: Reader, row: number, cells: readonly string[] | undefined): PairRow {
  const checked = checkRow(cells ?? [], reader.dialect, reader.longestCaptionBytes);
  if (checked.skip === undefined) {
    const imagePath = resolveBelow(reader.roots, checked.id, `${reader.file}, row ${row}`);
    return { row, id: checked.id, imagePath, caption: checked.caption };
  }
  throw new UbtError('data-loss', `${reader.file} has changed since it was opened: row ${row} differs.`, {
    code: 'PAIRS_CHANGED',
    fix: 'Do not write to a pairs file while it is in use.',
  });
}
