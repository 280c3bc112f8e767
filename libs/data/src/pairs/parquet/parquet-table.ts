import { open, type FileHandle } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { checkPages } from './check-pages.js';
import { PAGE_COMPRESSORS as compressors } from './page-compressors.js';
import { parquetMalformed } from './parquet-malformed.js';

/** Which flat columns of a Parquet file are of interest: text, or also 32-bit integers and floating numbers. */
export type ParquetColumns = 'text' | 'text-and-numbers';

/** An open Parquet file. */
export interface ParquetTable {
  readonly path: string;
  /** Names of the columns of interest that are there; lists and structures are none. */
  readonly columns: readonly string[];
  /**
   * All rows in order, a row group at a time in memory; a cell without value is null.
   *
   * @throws UbtError `PARQUET_MALFORMED`
   */
  rows(columns: readonly string[]): AsyncGenerator<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

const MOST_FOOTER_BYTES = 1 << 26;
const MOST_GROUP_BYTES = 1 << 30;
const MOST_GROUP_ROWS = 1 << 22;

/**
 * Opens a Parquet file and reads its footer.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `PARQUET_MALFORMED`
 */
export async function openParquet(path: string, kinds: ParquetColumns = 'text'): Promise<ParquetTable> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  try {
    const source = await bufferOf(file, path);
    const metadata = await guarded(path, 'the footer', async () => {
      const read = await parquetMetadataAsync(source, { geoparquet: false });
      requireSane(read);
      return read;
    });
    return {
      path,
      columns: columnsOf(metadata, kinds),
      rows: (columns) => readRows(path, source, metadata, columns),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function bufferOf(file: FileHandle, path: string): Promise<AsyncBuffer> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(8);
  if (size >= 12) await file.read(tail, 0, 8, size - 8);
  if (tail.toString('latin1', 4) !== 'PAR1' || tail.readUInt32LE() > Math.min(size - 12, MOST_FOOTER_BYTES)) {
    throw parquetMalformed(path, 'the footer', 'it is none, or longer than 64 MiB');
  }
  return {
    byteLength: size,
    async slice(start, end = size) {
      if (!(start >= 0 && end >= start && end <= size && end - start <= MOST_GROUP_BYTES)) {
        throw new RangeError(`bytes ${start} to ${end} of ${size}`);
      }
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) throw new RangeError(`the file ends at ${start + bytesRead}`);
      return bytes.buffer;
    },
  };
}

/** What a footer says is not believed where it would cost memory. */
function requireSane({ row_groups: groups, num_rows: total }: FileMetaData): void {
  let rows = 0;
  for (const { num_rows: count, columns } of groups) {
    if (!(count >= 0n && count <= MOST_GROUP_ROWS)) throw new RangeError(`a row group has ${count} rows`);
    rows += Number(count);
    for (const { meta_data: chunk } of columns) {
      if (chunk === undefined) throw new RangeError('a column chunk has no description');
      const { total_compressed_size: stored, total_uncompressed_size: plain } = chunk;
      if (!(stored >= 0n && stored <= MOST_GROUP_BYTES && plain >= 0n && plain <= MOST_GROUP_BYTES)) {
        throw new RangeError('a column chunk is larger than 1 GiB');
      }
    }
  }
  if (rows !== Number(total)) throw new RangeError(`it has ${total} rows, its row groups ${rows}`);
}

const NUMBERS: readonly (string | undefined)[] = ['INT32', 'FLOAT', 'DOUBLE'];

function columnsOf({ schema, row_groups: groups }: FileMetaData, kinds: ParquetColumns): string[] {
  const isText = ({ type, converted_type: old, logical_type: logical }: FileMetaData['schema'][number]) =>
    type === 'BYTE_ARRAY' &&
    (old === undefined || old === 'UTF8' || old === 'ENUM' || logical?.type === 'STRING');
  const flat = (name: string) =>
    groups.every(({ columns }) =>
      columns.some(({ meta_data: chunk }) => chunk!.path_in_schema.join('\0') === name),
    );
  return schema
    .filter((element) => isText(element) || (kinds === 'text-and-numbers' && NUMBERS.includes(element.type)))
    .filter((element) => element.repetition_type !== 'REPEATED' && flat(element.name))
    .map(({ name }) => name);
}

async function* readRows(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly string[],
) {
  let from = 0;
  for (const [group, { num_rows: count }] of metadata.row_groups.entries()) {
    const to = from + Number(count);
    const rows = await guarded(path, `row group ${group}`, async () => {
      await checkPages(file, metadata.row_groups[group]!, metadata.schema, columns);
      const read = { file, metadata, columns: [...columns], compressors, rowStart: from, rowEnd: to };
      const found = await parquetReadObjects(read);
      if (found.length !== Number(count)) throw new RangeError(`${found.length} rows instead of ${count}`);
      return found;
    });
    yield* rows;
    from = to;
  }
}

/** The parser throws what it meets; here it gets a name and a place. */
async function guarded<Result>(path: string, place: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UbtError) throw error;
    if (typeof (error as NodeJS.ErrnoException).syscall === 'string') throw UbtError.from(error);
    throw parquetMalformed(path, place, (error as Error).message, error);
  }
}
