import type { FileHandle } from 'node:fs/promises';
import { atomicWrite, openParquet } from '@ubt/data';
import { ByteWriter, ParquetWriter, type ColumnSource, type SchemaElement } from 'hyparquet-writer';
import type { z } from 'zod';
import { checkStageData } from './parse-stage-file.js';
import type { ScoreRow } from './scores.js';

const ROWS_PER_GROUP = 1 << 16;
const SIGNAL = 'signal_';

/**
 * Writes scores as Parquet: `row` INT32, `id` UTF8, `score` and `signal_*` DOUBLE, all required, Snappy.
 * One row group is held in memory.
 */
export async function writeParquetScores(
  path: string,
  rows: Iterable<ScoreRow> | AsyncIterable<ScoreRow>,
): Promise<void> {
  await atomicWrite(path, async (file) => {
    const writer = fileWriter(file);
    let parquet: ParquetWriter | undefined;
    let names: readonly string[] = [];
    let group: ScoreRow[] = [];
    const flush = async (): Promise<void> => {
      names = parquet === undefined ? Object.keys(group[0]?.signals ?? {}) : names;
      parquet ??= new ParquetWriter({ writer, schema: schemaOf(names), createdBy: 'ubt' });
      await parquet.write({ columnData: columnsOf(group, names), rowGroupSize: ROWS_PER_GROUP });
      group = [];
    };
    for await (const row of rows) {
      if (group.push(row) === ROWS_PER_GROUP) await flush();
    }
    if (group.length > 0 || parquet === undefined) await flush();
    await parquet!.finish();
  });
}

/** Streams what {@link writeParquetScores} wrote. @throws UbtError STAGE_FILE_MALFORMED, PARQUET_MALFORMED */
export async function* readParquetScores(
  path: string,
  schema: z.ZodType<ScoreRow>,
): AsyncGenerator<ScoreRow> {
  const table = await openParquet(path, 'text-and-numbers');
  try {
    const signals = table.columns.filter((name) => name.startsWith(SIGNAL));
    let place = 0;
    for await (const row of table.rows(['row', 'id', 'score', ...signals])) {
      const plain = {
        ...{ row: row['row'], id: row['id'], score: row['score'] },
        signals: Object.fromEntries(signals.map((name) => [name.slice(SIGNAL.length), row[name]])),
      };
      yield checkStageData(plain, schema, `${path}, row ${place++}`);
    }
  } finally {
    await table.close();
  }
}

function schemaOf(signals: readonly string[]): SchemaElement[] {
  const column = (name: string, type: SchemaElement['type']): SchemaElement => ({
    ...{ name, repetition_type: 'REQUIRED' },
    ...(type === undefined ? {} : { type }),
  });
  const columns = [
    column('row', 'INT32'),
    { ...column('id', 'BYTE_ARRAY'), converted_type: 'UTF8' as const },
    ...['score', ...signals.map((name) => SIGNAL + name)].map((name) => column(name, 'DOUBLE')),
  ];
  return [{ name: 'root', num_children: columns.length }, ...columns];
}

function columnsOf(rows: readonly ScoreRow[], signals: readonly string[]): ColumnSource[] {
  return [
    { name: 'row', data: rows.map(({ row }) => row) },
    { name: 'id', data: rows.map(({ id }) => id) },
    { name: 'score', data: rows.map(({ score }) => score) },
    ...signals.map((name) => ({ name: SIGNAL + name, data: rows.map((row) => row.signals[name]!) })),
  ];
}

/** The library's buffer, emptied into the file after every row group. */
function fileWriter(file: FileHandle): ByteWriter {
  const writer = new ByteWriter();
  const flush = async (): Promise<void> => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    await file.appendFile(bytes);
  };
  return Object.assign(writer, { flush, finish: flush });
}
