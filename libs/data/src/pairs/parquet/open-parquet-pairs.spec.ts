import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openPairs, type PairRow } from '../../index.js';

let folder = '';
let scratchDir = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubt-parquet-'));
  scratchDir = join(folder, 'scratch');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, columns: Record<string, (string | null)[]>, rowGroupSize = 100_000) => {
  const columnData = Object.entries(columns).map(([column, data]) => ({
    ...{ name: column, data, type: 'STRING' as const },
  }));
  await writeFile(join(folder, name), Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize })));
  return join(folder, name);
};

const all = async (rows: AsyncIterable<PairRow>) => {
  const list: PairRow[] = [];
  for await (const row of rows) list.push(row);
  return list;
};

describe('openPairs on Parquet', () => {
  it('reads a table with image paths, over several row groups', async () => {
    const numbers = Array.from({ length: 3000 }, (_, n) => n);
    const path = await write(
      'table.parquet',
      {
        filepath: numbers.map((n) => `images/${n}.jpg`),
        title: numbers.map((n) => (n % 10 === 3 ? null : `caption ${n}`)),
        url: numbers.map(() => 'x'),
      },
      700,
    );
    await mkdir(join(folder, 'images'));
    await writeFile(join(folder, 'images/17.jpg'), 'seventeen');
    const manifest = await openPairs(path, { scratchDir });
    expect(manifest).toMatchObject({ total: 3000, columns: { image: 'filepath', caption: 'title' } });
    expect(manifest.skipped).toMatchObject({ count: 300, byReason: { 'caption-empty': 300 } });
    expect(manifest.skipped.examples[0]!.place).toBe(`${path}:3`);
    const rows = await all(manifest.rows());
    expect(rows.map(({ row, id }) => [row, id])).toEqual(
      [...manifest.usable].map((row) => [row, `images/${row}.jpg`]),
    );
    const [pair] = await manifest.read([17]);
    expect(Buffer.from(await manifest.readImage(pair!)).toString()).toBe('seventeen');
    expect(await readdir(scratchDir)).toEqual([]);
    await manifest.close();
  });

  it('reads the folders of images that img2dataset writes', async () => {
    await mkdir(join(folder, 'files/00000'), { recursive: true });
    await writeFile(join(folder, 'files/00000/000000001.webp'), 'one');
    await write('files/00000.parquet', {
      key: ['000000000', '000000001'],
      caption: ['lost', 'found'],
      status: ['failed_to_download', 'success'],
    });
    const manifest = await openPairs(join(folder, 'files'), { scratchDir });
    const [pair] = await all(manifest.rows());
    expect(pair).toMatchObject({ row: 1, id: '00000/000000001.webp', caption: 'found' });
    expect(Buffer.from(await manifest.readImage(pair!)).toString()).toBe('one');
    expect(manifest.skipped.byReason).toEqual({ 'download-failed': 1 });
    await manifest.close();
  });

  it.each<[string, string, () => Promise<string>]>([
    ['without a caption', 'PAIRS_COLUMN_MISSING', () => write('a.parquet', { filepath: ['a'] })],
    ['without images', 'PAIRS_COLUMN_MISSING', () => write('b.parquet', { caption: ['a'] })],
    [
      'with a path out of its folder',
      'PATH_OUTSIDE_ROOTS',
      () => write('c.parquet', { filepath: ['../../etc/passwd'], title: ['x'] }),
    ],
    [
      'with nothing usable',
      'PAIRS_NO_USABLE_ROWS',
      () => write('d.parquet', { filepath: ['a.jpg'], title: [' '] }),
    ],
  ])('refuses a table %s', async (_, code, make) => {
    await expect(openPairs(await make(), { scratchDir })).rejects.toMatchObject({ name: 'UbtError', code });
    expect(await readdir(scratchDir)).toEqual([]);
  });
});
