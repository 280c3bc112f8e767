import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openPairs, writeCsv } from '@ubt/data';
import { writeCleanSubset } from './clean-subset.js';

const folders: string[] = [];

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function pairsOf(count: number) {
  const folder = await mkdtemp(join(tmpdir(), 'ubt-bench-subset-'));
  folders.push(folder);
  const [pairs, truth] = [join(folder, 'pairs.csv'), join(folder, 'truth.csv')];
  const rows = Array.from({ length: count }, (_, row) => row);
  await writeCsv(
    pairs,
    ['filepath', 'title'],
    rows.map((row) => [`images/${row}.png`, `thing ${row}`]),
  );
  // Every fifth is poisoned, every fifth after it has a wrong caption.
  await writeCsv(
    truth,
    ['row', 'poisoned', 'wrong_caption'],
    rows.map((row) => [row, row % 5 === 0 ? 1 : 0, row % 5 === 1 ? 1 : 0]),
  );
  return { folder, pairs, truth };
}

async function captionsOf(file: string, folder: string): Promise<number[]> {
  const numbers: number[] = [];
  const manifest = await openPairs(file, { roots: [folder] });
  for await (const { caption } of manifest.rows()) numbers.push(Number(caption.split(' ')[1]));
  return numbers;
}

describe('writeCleanSubset', () => {
  it('draws the share of all pairs, none of them poisoned or wrongly captioned', async () => {
    const { folder, pairs, truth } = await pairsOf(100);
    const subset = join(folder, 'subset', 'pairs.csv');
    expect(await writeCleanSubset(subset, { pairs, truth, share: 0.2, seed: 1 })).toBe(20);
    const rows = await captionsOf(subset, folder);
    expect(rows).toHaveLength(20);
    expect(rows.filter((row) => row % 5 < 2)).toEqual([]);
  });

  it('depends on the seed alone', async () => {
    const { folder, pairs, truth } = await pairsOf(100);
    const draw = async (name: string, seed: number) => {
      await writeCleanSubset(join(folder, name), { pairs, truth, share: 0.2, seed });
      return readFile(join(folder, name), 'utf8');
    };
    const first = await draw('a.csv', 1);
    expect(await draw('b.csv', 1)).toBe(first);
    expect(await draw('c.csv', 2)).not.toBe(first);
  });
});
