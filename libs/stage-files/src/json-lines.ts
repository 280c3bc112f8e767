import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { atomicWrite } from '@ubt/data';
import type { z } from 'zod';
import { parseStageFile } from './parse-stage-file.js';

const FLUSH_CHARACTERS = 1 << 20;

/**
 * Writes one JSON object per line. The file appears under its name only when it is complete and on disk.
 *
 * @throws UbtError DISK_FULL and the like; nothing is left behind then
 */
export async function writeJsonLines(
  path: string,
  rows: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<void> {
  await atomicWrite(path, async (file) => {
    let pending = '';
    for await (const row of rows) {
      pending += `${JSON.stringify(row)}\n`;
      if (pending.length < FLUSH_CHARACTERS) continue;
      await file.appendFile(pending);
      pending = '';
    }
    await file.appendFile(pending);
  });
}

/**
 * Reads what {@link writeJsonLines} wrote, one checked row at a time.
 *
 * @throws UbtError STAGE_FILE_MALFORMED, naming file and line
 */
export async function* readJsonLines<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line !== '') yield parseStageFile(line, schema, `${path}:${number}`);
  }
}
