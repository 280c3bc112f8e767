import type {
  AsyncBuffer,
  ColumnMetaData,
  CompressionCodec,
  PageHeader,
  RowGroup,
  SchemaElement,
} from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { checkRuns } from './check-runs.js';
import { PAGE_COMPRESSORS } from './page-compressors.js';

const MOST_PAGE_BYTES = 1 << 28;
const DICTIONARY = new Set<string | undefined>(['PLAIN_DICTIONARY', 'RLE_DICTIONARY']);

/**
 * Walks the pages of some flat columns of a row group before the parser decodes them: a page of a few bytes can
 * claim two thousand million values, and a run in it as many repetitions; the parser would make room for them, or
 * never end.
 *
 * @throws RangeError, and what the parser of page headers and the decompressors throw
 */
export async function checkPages(
  file: AsyncBuffer,
  group: RowGroup,
  schema: readonly SchemaElement[],
  columns: readonly string[],
): Promise<void> {
  for (const { meta_data: chunk } of group.columns) {
    const name = chunk?.path_in_schema.join('\0');
    if (chunk === undefined || !columns.includes(name!)) continue;
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const bytes = await file.slice(start, start + Number(chunk.total_compressed_size));
    const element = schema.find((one) => one.name === name);
    checkChunk(new Uint8Array(bytes), chunk, Number(group.num_rows), element?.repetition_type === 'OPTIONAL');
  }
}

function checkChunk(bytes: Uint8Array, { codec }: ColumnMetaData, rows: number, optional: boolean): void {
  const reader = { view: new DataView(bytes.buffer), offset: 0 };
  let values = 0;
  while (reader.offset < bytes.length - 1 && values < rows) {
    const header = parquetHeader(reader);
    const { compressed_page_size: stored, uncompressed_page_size: plain } = header;
    if (!(stored >= 0 && reader.offset + stored <= bytes.length && plain >= 0 && plain <= MOST_PAGE_BYTES)) {
      throw new RangeError(`a page of ${stored} bytes that inflates to ${plain}`);
    }
    const page = bytes.subarray(reader.offset, reader.offset + stored);
    values += checkPage(page, header, codec, rows, optional);
    reader.offset += stored;
  }
  if (values !== rows) throw new RangeError(`its pages hold ${values} values for ${rows} rows`);
}

/** @returns the values in the page, 0 for a dictionary */
function checkPage(
  stored: Uint8Array,
  header: PageHeader,
  codec: CompressionCodec,
  rows: number,
  optional: boolean,
): number {
  const { dictionary_page_header: dictionary, data_page_header: first, data_page_header_v2: second } = header;
  const described =
    header.type === 'DICTIONARY_PAGE' ? dictionary : header.type === 'DATA_PAGE' ? first : second;
  const count = described?.num_values;
  if (count === undefined || !(count >= 0 && count <= rows)) {
    throw new RangeError(`a page of type ${header.type} with ${count} values for ${rows} rows`);
  }
  if (described === dictionary) return 0;
  const isDictionary = DICTIONARY.has(described!.encoding);
  if (!isDictionary && described!.encoding !== 'PLAIN') {
    throw new RangeError(`values are encoded as ${described!.encoding}; plain and dictionary are read`);
  }
  if (described === first) {
    const page = decompressPage(stored, header.uncompressed_page_size, codec, PAGE_COMPRESSORS);
    const levels = optional ? 4 + viewOf(page).getUint32(0, true) : 0;
    if (optional) checkRuns(page.subarray(4, levels), 1, count);
    if (isDictionary) checkIndices(page.subarray(levels), count);
    return count;
  }
  const levels = second!.definition_levels_byte_length;
  if (second!.repetition_levels_byte_length !== 0 || !(levels >= 0 && levels <= stored.length)) {
    throw new RangeError(`levels of ${levels} bytes in a page of ${stored.length}`);
  }
  if (second!.num_rows !== count || !(second!.num_nulls >= 0 && second!.num_nulls <= count)) {
    throw new RangeError(`${second!.num_rows} rows and ${second!.num_nulls} nulls among ${count} values`);
  }
  if (optional) checkRuns(stored.subarray(0, levels), 1, count);
  const rest = stored.subarray(levels);
  const plainBytes = header.uncompressed_page_size - levels;
  const values =
    second!.is_compressed === false ? rest : decompressPage(rest, plainBytes, codec, PAGE_COMPRESSORS);
  if (isDictionary) checkIndices(values, count);
  return count;
}

/** Places in a dictionary: their width in bits, then runs. */
function checkIndices(bytes: Uint8Array, most: number): void {
  const width = viewOf(bytes).getUint8(0);
  if (width > 32) throw new RangeError(`indices of ${width} bits`);
  if (width > 0) checkRuns(bytes.subarray(1), width, most);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
