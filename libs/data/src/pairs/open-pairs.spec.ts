import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPairs, type PairRow } from '../index.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubt-pairs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

const all = async (rows: AsyncIterable<PairRow>) => {
  const list: PairRow[] = [];
  for await (const row of rows) list.push(row);
  return list;
};

describe('openPairs', () => {
  it('reads the columns of open_clip, quotes, line breaks, a BOM and Windows line ends', async () => {
    const text = '\ufefffilepath,title\r\na.png,"héllo, \n world"\r\n\r\nb/c.png,你好 "quoted" x';
    const manifest = await openPairs(await file('one.csv', text));
    expect(manifest).toMatchObject({ total: 2, columns: { image: 'filepath', caption: 'title' } });
    expect(await all(manifest.rows())).toEqual([
      { row: 0, id: 'a.png', imagePath: join(manifest.roots[0]!, 'a.png'), caption: 'héllo, \n world' },
      { row: 1, id: 'b/c.png', imagePath: join(manifest.roots[0]!, 'b/c.png'), caption: '你好 "quoted" x' },
    ]);
  });

  it('reads tabs under any name, and image and caption columns in any order', async () => {
    const manifest = await openPairs(await file('two.csv', 'caption\turl\timage\na, b\tx\ta.png\n'));
    expect(await all(manifest.rows())).toMatchObject([{ id: 'a.png', caption: 'a, b' }]);
  });

  it('gives rows by number in the asked order, across skipped and multi-line rows', async () => {
    const lines = Array.from({ length: 3000 }, (_, row) => {
      if (row % 10 === 3) return `${row}.png,\n`;
      return row % 7 === 0 ? `${row}.png,"caption\n${row}"\n` : `${row}.png,caption ${row}\n`;
    });
    const manifest = await openPairs(await file('many.csv', `filepath,title\n${lines.join('')}`));
    const wanted = [2999, 0, 1, 2, 4, 5, 14, 14, 1500];
    expect((await manifest.read(wanted)).map(({ row, id }) => [row, id])).toEqual(
      wanted.map((row) => [row, `${row}.png`]),
    );
    expect((await all(manifest.rows())).map(({ row }) => row)).toEqual([...manifest.usable]);
    await expect(manifest.read([3])).rejects.toMatchObject({ code: 'PAIRS_ROW_UNKNOWN' });
    expect(manifest.skipped).toMatchObject({ count: 300, byReason: { 'caption-empty': 300 } });
  });

  it('counts captions it cannot use, with reason and place', async () => {
    const bad = Buffer.concat([
      Buffer.from('filepath,title\na.png,fine\nb.png,   \nc.png,'),
      Buffer.from([0xff, 0xfe, 0x41]),
      Buffer.from(`\nd.png,${'x'.repeat(9000)}\n,no path\nf.png\ng.png,fine too\n`),
    ]);
    const path = await file('bad.csv', bad);
    const manifest = await openPairs(path);
    expect([...manifest.usable]).toEqual([0, 6]);
    expect(manifest.skipped.byReason).toEqual({
      'caption-empty': 1,
      'not-utf8': 1,
      'caption-too-long': 1,
      'path-empty': 1,
      'columns-missing': 1,
    });
    expect(manifest.skipped.examples.map(({ place }) => place)).toEqual(
      [3, 4, 5, 6, 7].map((line) => `${path}:${line}`),
    );
  });

  it.each([
    ['empty.csv', '', 'PAIRS_EMPTY'],
    ['header-only.csv', 'filepath,title\n', 'PAIRS_EMPTY'],
    ['columns.csv', 'file,label\na,b\n', 'PAIRS_COLUMN_MISSING'],
    ['quote.csv', 'filepath,title\na.png,x\nb.png,"open\nc.png,y\n', 'PAIRS_MALFORMED'],
    ['nothing.csv', 'filepath,title\na.png,\n', 'PAIRS_NO_USABLE_ROWS'],
    ['escape.csv', 'filepath,title\na.png,x\n../../etc/passwd,y\n', 'PATH_OUTSIDE_ROOTS'],
    ['absolute.csv', 'filepath,title\n/etc/passwd,y\n', 'PATH_OUTSIDE_ROOTS'],
  ])('refuses %s, naming the file', async (name, content, code) => {
    await expect(openPairs(await file(name, content))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name),
      fix: expect.any(String),
    });
  });

  it('names the line of a path that leads outside, and of broken quoting', async () => {
    const escape = file('escape2.csv', 'filepath,title\na.png,"x\ny"\n../b.png,y\n');
    await expect(openPairs(await escape)).rejects.toMatchObject({
      message: expect.stringContaining('escape2.csv:4'),
    });
    const quote = file('quote2.csv', 'filepath,title\na.png,"x\n');
    await expect(openPairs(await quote)).rejects.toMatchObject({
      message: expect.stringMatching(/quote2\.csv:[23]/),
    });
  });

  it('refuses a file that is missing', async () => {
    await expect(openPairs(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('allows images below further roots, also when given through a link', async () => {
    await mkdir(join(folder, 'elsewhere'), { recursive: true });
    await mkdir(join(folder, 'here'), { recursive: true });
    await symlink(join(folder, 'elsewhere'), join(folder, 'link'));
    const path = await file('here/pairs.csv', 'image,caption\n../elsewhere/a.png,x\n');
    await expect(openPairs(path)).rejects.toMatchObject({ kind: 'permission-denied' });
    const manifest = await openPairs(path, { roots: [join(folder, 'link')] });
    expect(await all(manifest.rows())).toHaveLength(1);
  });
});
