import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { writeTar } from '@ubt/test-kit';
import { openPairs, type PairManifest, type PairRow } from '../../index.js';

let folder = '';
let scratchDir = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubt-shards-'));
  scratchDir = join(folder, 'scratch');
  await mkdir(scratchDir);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const all = async (rows: AsyncIterable<PairRow>) => {
  const list: PairRow[] = [];
  for await (const row of rows) list.push(row);
  return list;
};

/** Samples `from` to `to`: an image whose bytes are its number, captions as txt and json in turn. */
function* samples(from: number, to: number): Generator<readonly [string, string]> {
  for (let n = from; n < to; n++) {
    yield [`${String(n).padStart(6, '0')}.jpg`, `image ${n}`];
    if (n % 2 === 0) yield [`${String(n).padStart(6, '0')}.txt`, `caption ${n}\n`];
    yield [`${String(n).padStart(6, '0')}.json`, JSON.stringify({ caption: `caption ${n}`, url: 'x' })];
  }
}

const makeShards = async (name: string, ending = 'tar') => {
  await mkdir(join(folder, name));
  for (const shard of [0, 1, 2]) {
    await writeTar(join(folder, name, `0000${shard}.${ending}`), samples(shard * 100, shard * 100 + 100));
  }
  return join(folder, name);
};

const expectAllThere = async (manifest: PairManifest) => {
  const rows = await all(manifest.rows());
  expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 300 }, (_, row) => row));
  for (const { row, caption } of rows) expect(caption).toBe(`caption ${row}`);
  const some = await manifest.read([299, 0, 150, 150, 151]);
  expect(some.map(({ row }) => row)).toEqual([299, 0, 150, 150, 151]);
  for (const pair of some) {
    expect(Buffer.from(await manifest.readImage(pair)).toString()).toBe(`image ${pair.row}`);
  }
};

describe('openPairs on webdataset shards', () => {
  it.each(['tar', 'tar.gz', 'tgz'])('reads a folder of .%s in the order of the names', async (ending) => {
    const place = await makeShards(`folder-${ending}`, ending);
    const manifest = await openPairs(place, { scratchDir });
    expect(manifest).toMatchObject({ total: 300, skipped: { count: 0 } });
    await expectAllThere(manifest);
    const [pair] = await manifest.read([100]);
    expect(pair!.id).toBe(`00001.${ending}/000100.jpg`);
    expect(await readdir(scratchDir)).toEqual([]);
    await manifest.close();
  });

  it('reads a brace pattern, a list of patterns, and one shard', async () => {
    const place = await makeShards('named');
    const pattern = await openPairs(join(place, '{00000..00002}.tar'));
    await expectAllThere(pattern);
    await writeFile(join(place, 'train.shards'), '# all\n00000.tar\n\n{00001,00002}.tar\n');
    const list = await openPairs(join(place, 'train.shards'));
    await expectAllThere(list);
    expect((await list.read([0]))[0]!.id).toBe('00000.tar/000000.jpg');
    expect(await pattern.read([0])).toEqual(await list.read([0]));
    const one = await openPairs(join(place, '00001.tar'));
    expect(one.total).toBe(100);
    for (const manifest of [pattern, list, one]) await manifest.close();
  });

  it('reads folders and long names inside a shard, and passes over what is no pair', async () => {
    const long = 'n'.repeat(180);
    const path = join(folder, 'odd.tar');
    await writeTar(path, [
      ['__meta__.json', '{}'],
      ['a/b/one.jpg', 'first'],
      ['a/b/one.txt', 'erste'],
      ['a/b/one.seg.png', 'mask'],
      [`deep/${long}/two.JPG`, 'second'],
      [`deep/${long}/two.json`, '{"text": "zweite"}'],
      ['three.txt', 'no image'],
      ['four.jpg', 'no caption'],
      ['five.jpg', 'x'],
      ['five.json', '{"caption": 5}'],
      ['six.jpg', 'x'],
      ['six.txt', Buffer.from([0xff, 0xfe, 0x41])],
      ['seven.cls', '3'],
    ]);
    const manifest = await openPairs(path, { scratchDir });
    expect(await all(manifest.rows())).toMatchObject([
      { row: 0, id: 'odd.tar/a/b/one.jpg', caption: 'erste' },
      { row: 1, id: `odd.tar/deep/${long}/two.JPG`, caption: 'zweite' },
    ]);
    expect(manifest.total).toBe(7);
    expect(manifest.skipped).toMatchObject({
      count: 5,
      byReason: { 'image-missing': 2, 'caption-empty': 2, 'not-utf8': 1 },
    });
    expect(manifest.skipped.examples[0]).toEqual({ place: `${path}:three`, reason: 'image-missing' });
    await manifest.close();
  });

  it('takes captions from the side file that img2dataset writes, where the shard has none', async () => {
    const path = join(folder, 'aside.tar');
    await writeTar(path, [
      ['000.jpg', 'x'],
      ['001.jpg', 'y'],
      ['001.txt', 'own'],
      ['002.jpg', 'z'],
    ]);
    const columnData = [
      { name: 'key', data: ['000', '001', '002'], type: 'STRING' as const },
      { name: 'caption', data: ['from aside', 'other', null], type: 'STRING' as const },
    ];
    await writeFile(join(folder, 'aside.parquet'), Buffer.from(parquetWriteBuffer({ columnData })));
    for (const place of [path, join(folder, 'aside.parquet')]) {
      const manifest = await openPairs(place, { scratchDir });
      expect((await all(manifest.rows())).map(({ caption }) => caption)).toEqual(['from aside', 'own']);
      expect(manifest.skipped.byReason).toEqual({ 'caption-empty': 1 });
      await manifest.close();
    }
  });

  it.each<[string, (whole: Buffer) => Buffer, string]>([
    ['cut-in-member.tar', (whole) => whole.subarray(0, 700), 'SHARD_MALFORMED'],
    ['cut-in-header.tar', (whole) => whole.subarray(0, 1300), 'SHARD_MALFORMED'],
    ['no-tar.tar', () => Buffer.from('hello '.repeat(200)), 'SHARD_MALFORMED'],
    ['flipped.tar', (whole) => Buffer.concat([Buffer.from([1]), whole.subarray(1)]), 'SHARD_MALFORMED'],
    ['plain.tar.gz', (whole) => whole, 'SHARD_MALFORMED'],
    ['cut.tar.gz', (whole) => gzipSync(whole).subarray(0, -30), 'SHARD_MALFORMED'],
    ['empty.tar', () => Buffer.alloc(0), 'PAIRS_EMPTY'],
    ['bomb.tar.gz', (whole) => gzipSync(bomb(whole)), 'SHARD_MALFORMED'],
  ])('refuses %s, naming the file', async (name, spoil, code) => {
    const good = join(folder, 'good.tar');
    await writeTar(good, samples(0, 4));
    await writeFile(join(folder, name), spoil(await readFile(good)));
    await expect(openPairs(join(folder, name), { scratchDir })).rejects.toMatchObject({
      name: 'UbtError',
      code,
      message: expect.stringContaining(name) as unknown as string,
    });
    expect(await readdir(scratchDir)).toEqual([]);
  });

  it('notices a shard that changes, and leaves the roots for no pattern', async () => {
    const path = join(folder, 'changing.tar');
    await writeTar(path, samples(0, 4));
    const manifest = await openPairs(path, { scratchDir });
    await writeTar(path, samples(10, 15));
    const [pair] = await manifest.read([2]);
    await expect(manifest.readImage(pair!)).rejects.toMatchObject({ code: 'PAIRS_CHANGED' });
    await manifest.close();
    await mkdir(join(folder, 'inside'));
    await writeFile(join(folder, 'inside', 'x.shards'), '../changing.tar\n');
    const outside = openPairs(join(folder, 'inside', 'x.shards'));
    await expect(outside).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOTS' });
    const huge = openPairs(join(folder, '{0..99999999}.tar'));
    await expect(huge).rejects.toMatchObject({ code: 'SHARD_PATTERN_INVALID' });
  });
});

/** A tar whose first member claims, and has, 100 MB of zeros. */
function bomb(whole: Buffer): Buffer {
  const header = Buffer.from(whole.subarray(0, 512));
  header.write((100 << 20).toString(8).padStart(11, '0'), 124, 'latin1');
  header.write('        ', 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, Buffer.alloc(100 << 20), whole]);
}
