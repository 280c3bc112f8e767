import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { atomicWrite, openPairs, writeCsv } from './index.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubt-csv-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('writeCsv', () => {
  it('writes what openPairs reads back', async () => {
    const path = join(folder, 'new', 'pairs.csv');
    const captions = ['plain', 'comma, "quote"', 'line\nbreak', 'été 你好'];
    const count = await writeCsv(
      path,
      ['filepath', 'title'],
      captions.map((caption, row) => [`${row}.png`, caption]),
    );
    expect(count).toBe(4);
    const manifest = await openPairs(path);
    expect((await manifest.read([0, 1, 2, 3])).map(({ caption }) => caption)).toEqual(captions);
  });

  it('leaves the old file and no other when the rows fail halfway', async () => {
    const path = join(folder, 'kept', 'a.csv');
    await writeCsv(path, ['a'], [[1]]);
    async function* failing(): AsyncGenerator<[string]> {
      yield ['x'.repeat(100_000)];
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    }
    await expect(writeCsv(path, ['a'], failing())).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readFile(path, 'utf8')).toBe('a\n1\n');
    expect(await readdir(join(folder, 'kept'))).toEqual(['a.csv']);
  });
});

describe('atomicWrite', () => {
  it('shows nothing under the name before the content is complete', async () => {
    const path = join(folder, 'late.txt');
    await atomicWrite(path, async (file) => {
      await file.writeFile('half');
      await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
      await file.writeFile(' and half');
    });
    expect(await readFile(path, 'utf8')).toBe('half and half');
  });
});
