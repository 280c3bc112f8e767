import type { AsyncBuffer, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';

const MOST_PAGE_BYTES = 1 << 28;

/**
 * Walks the pages of some columns of a row group before they are decoded: a page of a few bytes can claim two
 * thousand million values, and the parser would make room for them.
 *
 * @throws RangeError, and what the parser of page headers throws
 */
export async function checkPages(
  file: AsyncBuffer,
  group: RowGroup,
  columns: readonly string[],
): Promise<void> {
  for (const { meta_data: chunk } of group.columns) {
    if (chunk === undefined || !columns.includes(chunk.path_in_schema.join('\0'))) continue;
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const bytes = await file.slice(start, start + Number(chunk.total_compressed_size));
    checkChunk(new DataView(bytes), Number(group.num_rows));
  }
}

function checkChunk(view: DataView, rows: number): void {
  const reader = { view, offset: 0 };
  let values = 0;
  while (reader.offset < view.byteLength - 1 && values < rows) {
    const header = parquetHeader(reader);
    const { compressed_page_size: stored, uncompressed_page_size: plain } = header;
    if (!(stored >= 0 && plain >= 0 && plain <= MOST_PAGE_BYTES)) {
      throw new RangeError(`a page of ${stored} bytes that inflates to ${plain}`);
    }
    const dictionary = header.dictionary_page_header?.num_values ?? 0;
    const data = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    if (!(dictionary >= 0 && dictionary <= rows && data >= 0 && data <= rows)) {
      throw new RangeError(`a page of ${Math.max(dictionary, data)} values for ${rows} rows`);
    }
    values += data;
    reader.offset += stored;
  }
  if (values !== rows) throw new RangeError(`its pages hold ${values} values for ${rows} rows`);
}
