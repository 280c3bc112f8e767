import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeTar } from '../write-tar.js';
import type { TinyData } from './write-tiny-data.js';

/**
 * The pairs of a tiny data set as webdataset shards `000.tar`, `001.tar` …, in the same order. Captions are `.txt`
 * and `.json` members in turn.
 *
 * @returns the shards' names
 */
export async function writeTinyShards(
  folder: string,
  { pairs }: Pick<TinyData, 'pairs'>,
  perShard: number,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const [, ...lines] = (await readFile(pairs, 'utf8')).trimEnd().split('\n');
  const names: string[] = [];
  for (let from = 0; from < lines.length; from += perShard) {
    const members: [string, string | Uint8Array][] = [];
    for (const [at, line] of lines.slice(from, from + perShard).entries()) {
      const [file = '', caption = ''] = line.split(',');
      const key = String(from + at).padStart(6, '0');
      members.push([`${key}.png`, await readFile(join(dirname(pairs), file))]);
      members.push(at % 2 === 0 ? [`${key}.txt`, caption] : [`${key}.json`, JSON.stringify({ caption })]);
    }
    names.push(`${String(names.length).padStart(3, '0')}.tar`);
    await writeTar(join(folder, names.at(-1)!), members);
  }
  return names;
}
