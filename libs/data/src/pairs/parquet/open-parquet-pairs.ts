import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { UbtError } from '@ubt/errors';
import { createScratchFile, type ScratchFile } from '../../scratch-file.js';
import { checkCaption, LONGEST_CAPTION_BYTES } from '../caption.js';
import { CAPTION_COLUMNS, IMAGE_COLUMNS } from '../column-names.js';
import { growable } from '../growable.js';
import { imagePlaces } from '../image-places.js';
import { noUsableRows } from '../no-usable-rows.js';
import type { OpenPairsOptions } from '../open-pairs.js';
import { fileBeside, type PairFile } from '../pair-files.js';
import type { PairManifest, SkipReason } from '../pair-manifest.js';
import { createPairTexts } from '../pair-texts.js';
import { openShardPairs } from '../shards/open-shard-pairs.js';
import { createSkipCount } from '../skip-count.js';
import { spooledManifest } from '../spooled-manifest.js';
import { openParquet, type ParquetTable } from './parquet-table.js';

const LONGEST_PATH = 4096;
const SUCCESS = 'success';
const SHARDS = ['.tar', '.tar.gz', '.tgz'];

/**
 * Opens pairs in Parquet files: with a column of image paths, or side files of img2dataset (`key`, `caption`,
 * `status`). A side file whose shard lies beside it stands for that shard; else its images are in the folder of
 * its name.
 *
 * @throws UbtError `PARQUET_MALFORMED`, `PAIRS_COLUMN_MISSING`, `PAIRS_NO_USABLE_ROWS`, `PAIRS_EMPTY`,
 *   `PATH_OUTSIDE_ROOTS`
 */
export async function openParquetPairs(
  files: readonly PairFile[],
  roots: readonly string[],
  options: OpenPairsOptions,
): Promise<PairManifest> {
  const shards: (PairFile | undefined)[] = [];
  for (const file of files) shards.push(await fileBeside(file, SHARDS, options.remote));
  if (shards.every((shard) => shard !== undefined)) return openShardPairs(shards, roots, options);
  const scratch = await createScratchFile(options.scratchDir ?? tmpdir());
  try {
    return await indexTables(files, roots, options, scratch);
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

async function indexTables(
  files: readonly PairFile[],
  roots: readonly string[],
  options: OpenPairsOptions,
  scratch: ScratchFile,
): Promise<PairManifest> {
  const texts = createPairTexts(scratch);
  const usable = growable(Uint32Array);
  const skipped = createSkipCount();
  const images = imagePlaces(roots, options.remote);
  const longest = options.longestCaptionBytes ?? LONGEST_CAPTION_BYTES;
  let total = 0;
  let columns = { image: 'filepath', caption: 'title' };
  for (const file of files) {
    const table = await openParquet(file.path);
    try {
      const names = await columnsOf(table, file, options);
      columns = { image: names.image ?? 'filepath', caption: names.caption };
      let inFile = 0;
      for await (const row of table.rows(names.read)) {
        const [place, number] = [`${file.path}:${inFile++}`, total++];
        const checked = checkTableRow(row, names, longest);
        if (checked.skip !== undefined) {
          skipped.add(checked.skip, () => place);
          continue;
        }
        images.locate(checked.id, place);
        usable.push(number);
        await texts.add(checked.id, checked.caption);
      }
    } finally {
      await table.close();
    }
  }
  const rows = usable.take();
  const counted = skipped.take();
  const path = files.length === 1 ? files[0]!.path : (roots[0] ?? files[0]!.path);
  if (rows.length === 0) throw noUsableRows(path, total, counted);
  return spooledManifest({
    ...{ path, roots, columns, total, usable: rows, skipped: counted, texts: texts.take(), scratch },
    imagePathOf: (id) => images.locate(id, path),
    readImage: (_, imagePath, limits) => images.read(imagePath, limits),
  });
}

/** The columns of one table that are read, and what they mean. */
interface TableColumns {
  readonly image: string | undefined;
  readonly caption: string;
  /** Turns a key into a path, where there is no column of paths. */
  readonly pathOf: (key: string) => string;
  readonly read: readonly string[];
}

async function columnsOf(
  table: ParquetTable,
  file: PairFile,
  options: OpenPairsOptions,
): Promise<TableColumns> {
  const find = (names: readonly string[]) => names.find((name) => table.columns.includes(name));
  const image = find(options.imageColumns ?? IMAGE_COLUMNS);
  const caption = find(options.captionColumns ?? CAPTION_COLUMNS);
  const place = image ?? find(['key']);
  if (caption === undefined || place === undefined) throw columnMissing(table, caption === undefined);
  const folder = file.name.replace(/\.parquet$/i, '');
  const ending = image === undefined ? await imageEnding(file.path.replace(/\.parquet$/i, '')) : '';
  return {
    ...{ image, caption },
    pathOf: (key) => `${folder}/${key}${ending}`,
    read: [place, caption, ...table.columns.filter((name) => name === 'status')],
  };
}

function checkTableRow(
  row: Readonly<Record<string, unknown>>,
  { image, caption, pathOf, read }: TableColumns,
  longestCaptionBytes: number,
): { id: string; caption: string; skip?: never } | { skip: SkipReason } {
  if (read.includes('status') && row['status'] !== SUCCESS) return { skip: 'download-failed' };
  const place = textOf(row[read[0]!]).trim();
  if (place === '') return { skip: 'path-empty' };
  if (place.length > LONGEST_PATH) return { skip: 'path-too-long' };
  const checked = checkCaption(Buffer.from(textOf(row[caption])), longestCaptionBytes);
  if (checked.skip !== undefined) return checked;
  return { id: image === undefined ? pathOf(place) : place, caption: checked.text };
}

function textOf(cell: unknown): string {
  return typeof cell === 'string' ? cell : '';
}

/** img2dataset writes all images of a folder in one format; in S3, where this looks at no folder, it is JPEG. */
async function imageEnding(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const image = names.find((name) => /\.(?:jpe?g|png|webp)$/i.test(name));
  return image === undefined ? '.jpg' : image.slice(basename(image).lastIndexOf('.'));
}

function columnMissing({ path, columns }: ParquetTable, isCaption: boolean): UbtError {
  const [kind, known] = isCaption
    ? (['caption', [...CAPTION_COLUMNS]] as const)
    : (['image', [...IMAGE_COLUMNS, 'key']] as const);
  return new UbtError(
    'invalid-argument',
    `${path} has no ${kind} column ${known.map((name) => `"${name}"`).join(' or ')}; its text columns are ${columns.map((name) => `"${name}"`).join(', ')}.`,
    {
      code: 'PAIRS_COLUMN_MISSING',
      fix: `Name the ${kind} column ${known[0]}.`,
      violations: [{ field: path, reason: `no ${kind} column` }],
    },
  );
}
