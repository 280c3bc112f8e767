import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Writes a table of any number of pairs over the images of a small one, with captions of their own.
 *
 * @param pairsCsv table with the columns filepath and title
 * @returns the path, beside the given one
 */
export async function writeManyPairs(pairsCsv: string, count: number): Promise<string> {
  const path = join(dirname(pairsCsv), `pairs-${count}.csv`);
  const [, ...rows] = (await readFile(pairsCsv, 'utf8')).trim().split('\n');
  function* lines() {
    yield 'filepath,title\n';
    for (let at = 0; at < count; at++) yield `${rows[at % rows.length]!} ${at}\n`;
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return path;
}
