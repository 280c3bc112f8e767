import { open, type FileHandle } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { parse } from 'csv-parse/sync';
import { LONGEST_CAPTION_BYTES } from '../caption.js';
import { imagePlaces, type ImagePlaces } from '../image-places.js';
import { noUsableRows } from '../no-usable-rows.js';
import type { OpenPairsOptions } from '../open-pairs.js';
import { rowPlace } from '../row-place.js';
import { checkRow } from './check-row.js';
import { indexRows, type RowIndex } from './index-rows.js';
import { parserOptions, sniffDialect, type PairDialect } from './pair-dialect.js';
import type { PairManifest, PairRow } from '../pair-manifest.js';

const ROWS_PER_READ = 1024;

/**
 * Opens a CSV or TSV file of image-caption pairs. The file is read once to check and index every row.
 *
 * @param file absolute path
 * @param roots real paths of the folders that images may lie in; relative paths count from the first
 * @throws UbtError `FILE_NOT_FOUND`, `PAIRS_EMPTY`, `PAIRS_COLUMN_MISSING`, `PAIRS_MALFORMED`,
 *   `PAIRS_NO_USABLE_ROWS`, `PATH_OUTSIDE_ROOTS`; each names file and line
 */
export async function openCsvPairs(
  file: string,
  roots: readonly string[],
  options: OpenPairsOptions,
): Promise<PairManifest> {
  const longestCaptionBytes = options.longestCaptionBytes ?? LONGEST_CAPTION_BYTES;
  const dialect = await sniffDialect(file, options);
  const images = imagePlaces(roots, options.remote);
  const index = await indexRows(file, dialect, longestCaptionBytes, (id, place) => {
    images.locate(id, place);
  });
  if (index.usable.length === 0) throw noUsableRows(file, index.total, index.skipped);
  const reader = { file, images, dialect, longestCaptionBytes, index };
  return {
    path: file,
    roots,
    columns: dialect.columns,
    total: index.total,
    usable: index.usable,
    skipped: index.skipped,
    rows: () => readAll(reader),
    read: (rows) => readRows(reader, rows),
    readImage: ({ imagePath }, limits) => images.read(imagePath, limits),
    close: () => Promise.resolve(),
  };
}

interface Reader {
  readonly file: string;
  readonly images: ImagePlaces;
  readonly dialect: PairDialect;
  readonly longestCaptionBytes: number;
  readonly index: RowIndex;
}

async function* readAll(reader: Reader): AsyncGenerator<PairRow> {
  const { usable } = reader.index;
  for (let from = 0; from < usable.length; from += ROWS_PER_READ) {
    yield* await readRows(reader, [...usable.subarray(from, from + ROWS_PER_READ)]);
  }
}

async function readRows(reader: Reader, rows: readonly number[]): Promise<PairRow[]> {
  if (rows.length === 0) return [];
  const places = rows.map((row) => rowPlace(reader.index.usable, row, reader.file));
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

function toPair(reader: Reader, row: number, cells: readonly string[] | undefined): PairRow {
  const checked = checkRow(cells ?? [], reader.dialect, reader.longestCaptionBytes);
  if (checked.skip === undefined) {
    const imagePath = reader.images.locate(checked.id, `${reader.file}, row ${row}`);
    return { row, id: checked.id, imagePath, caption: checked.caption };
  }
  throw new UbtError('data-loss', `${reader.file} has changed since it was opened: row ${row} differs.`, {
    code: 'PAIRS_CHANGED',
    fix: 'Do not write to a pairs file while it is in use.',
  });
}
