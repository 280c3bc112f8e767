import { openParquet } from './parquet-table.js';

/**
 * Captions by key of the Parquet file that img2dataset writes beside a shard; the first of the given columns that
 * is there counts. Undefined when the file has no key or no caption.
 *
 * @throws UbtError `PARQUET_MALFORMED`
 */
export async function sideCaptions(
  path: string,
  fields: readonly string[],
): Promise<Map<string, string> | undefined> {
  const table = await openParquet(path);
  try {
    const caption = fields.find((field) => table.columns.includes(field));
    if (caption === undefined || !table.columns.includes('key')) return undefined;
    const captions = new Map<string, string>();
    for await (const row of table.rows(['key', caption])) {
      const { key, [caption]: text } = row;
      if (typeof key === 'string' && typeof text === 'string') captions.set(key, text);
    }
    return captions;
  } finally {
    await table.close();
  }
}
