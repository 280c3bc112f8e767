import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createArtifactStore, type ArtifactStore } from '@ubt/artifacts';
import {
  startS3Server,
  temporaryDirectory,
  type S3Server,
  type TemporaryDirectory,
  writeTar,
} from '@ubt/test-kit';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openPairs, type OpenPairsOptions, type PairManifest, type PairRow } from '../index.js';

jest.setTimeout(120_000);
let server: S3Server;
let directory: TemporaryDirectory;
let store: ArtifactStore;
beforeAll(async () => {
  server = await startS3Server(['data', 'other']);
  directory = await temporaryDirectory('ubt-remote-pairs-');
  store = newStore('work');
}, 90_000);
afterAll(async () => {
  await server.stop();
  await directory.remove();
});

const ROOTS = ['s3://data/sets', '/somewhere'];
const newStore = (work: string) =>
  createArtifactStore({
    ...{ roots: ROOTS, writeRoot: 's3://data/sets', workFolder: join(directory.path, work) },
    s3: { endpoint: server.endpoint, credentials: server.credentials },
  });
const put = (name: string, content: string | Uint8Array) =>
  store.putFile(name, 'x/y', (path) => writeFile(path, content));
const putTar = (name: string, members: Iterable<readonly [string, string]>) =>
  store.putFile(name, 'x/y', async (path) => {
    const tar = `${path}.${name.endsWith('gz') ? 'tgz' : 'tar'}`;
    await writeTar(tar, members);
    await writeFile(path, await readFile(tar));
  });
/** Opens pairs as a stage does: fetched first, and told where they came from. */
const open = async (uri: string, more: Partial<OpenPairsOptions> = {}) =>
  openPairs(await store.fetch({ uri }), {
    scratchDir: join(directory.path, 'scratch'),
    remote: { store, roots: ROOTS, uri },
    ...more,
  });
const all = async (manifest: PairManifest) => {
  const list: PairRow[] = [];
  for await (const row of manifest.rows()) list.push(row);
  return list;
};
const imagesOf = async (manifest: PairManifest) =>
  Promise.all(
    (await all(manifest)).map(async (row) => Buffer.from(await manifest.readImage(row)).toString()),
  );

describe('pairs in S3', () => {
  it('reads a CSV whose images are named by relative path and by URI', async () => {
    for (const n of [0, 1, 2]) await put(`csv/images/${n}.jpg`, `image ${n}`);
    await put('csv/deep/pairs.csv', 'filepath,title\n../images/0.jpg,a\ns3://data/sets/csv/images/1.jpg,b\n');
    const manifest = await open('s3://data/sets/csv/deep/pairs.csv');
    expect(await imagesOf(manifest)).toEqual(['image 0', 'image 1']);
    const rows = await all(manifest);
    expect(rows.map(({ id }) => id)).toEqual(['../images/0.jpg', 's3://data/sets/csv/images/1.jpg']);
    expect(rows[0]!.imagePath).toBe('s3://data/sets/csv/images/0.jpg');
    await expect(manifest.readImage(rows[0]!, { bytes: 3, pixels: 9 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
    expect((await readdir(join(directory.path, 'work'), { recursive: true })).join('\n')).not.toContain(
      'jpg',
    );
  });

  it('reads images in S3 that a CSV of this machine names', async () => {
    await put('mixed/0.jpg', 'image 0');
    const folder = join(directory.path, 'mixed');
    await mkdir(folder);
    await writeFile(join(folder, '1.jpg'), 'image 1');
    await writeFile(join(folder, 'pairs.csv'), 'filepath,title\ns3://data/sets/mixed/0.jpg,a\n1.jpg,b\n');
    const remote = { store, roots: ROOTS, uri: `file://${folder}/pairs.csv` };
    const manifest = await openPairs(join(folder, 'pairs.csv'), { remote });
    expect(await imagesOf(manifest)).toEqual(['image 0', 'image 1']);
  });

  it.each([
    ['another bucket', 's3://other/0.jpg'],
    ['another prefix', 's3://data/secret/0.jpg'],
    ['a way out of the prefix', '../../0.jpg'],
    ['a file of this machine', '/etc/hostname'],
  ])('refuses %s, naming the line', async (_, image) => {
    await put('bad/pairs.csv', `filepath,title\nx.jpg,fine\n${image},bad\n`);
    await expect(open('s3://data/sets/bad/pairs.csv')).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_ROOTS',
      message: expect.stringContaining('pairs.csv:3'),
    });
  });

  it('reads nothing in S3 unless told', async () => {
    const path = join(directory.path, 'untold.csv');
    await writeFile(path, 'filepath,title\ns3://data/sets/csv/images/0.jpg,a\n');
    await expect(openPairs(path)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOTS' });
  });

  it('tells of an image that is not there as a fault of that image', async () => {
    await put('gone/pairs.csv', 'filepath,title\nnone.jpg,a\n');
    const manifest = await open('s3://data/sets/gone/pairs.csv');
    const [row] = await manifest.read([0]);
    await expect(manifest.readImage(row!)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('reads Parquet: with a column of paths, and side files of a folder of images', async () => {
    const columns = (data: Record<string, string[]>) =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: Object.entries(data).map(([name, values]) => ({ name, data: values, type: 'STRING' })),
        }),
      );
    await put('table/images/0.jpg', 'image 0');
    await put('table/pairs.parquet', columns({ filepath: ['images/0.jpg'], title: ['a'] }));
    const table = await open('s3://data/sets/table/pairs.parquet');
    expect(await imagesOf(table)).toEqual(['image 0']);
    await put('side/00000/7.jpg', 'image 7');
    await put('side/00000.parquet', columns({ key: ['7'], caption: ['seven'], status: ['success'] }));
    const side = await open('s3://data/sets/side/00000.parquet');
    expect(await imagesOf(side)).toEqual(['image 7']);
    expect(await all(side)).toMatchObject([{ id: '00000/7.jpg', caption: 'seven' }]);
    await table.close();
    await side.close();
  });
});

describe('shards in S3', () => {
  const shard = (n: number) =>
    [
      [`${n}0.jpg`, `image ${n}0`],
      [`${n}0.txt`, `caption ${n}0`],
      [`${n}1.jpg`, `image ${n}1`],
      [`${n}1.json`, JSON.stringify({ caption: `caption ${n}1` })],
    ] as const;
  const expected = ['image 00', 'image 01', 'image 10', 'image 11'];
  const ids = ['000.tar/00.jpg', '000.tar/01.jpg', '001.tar/10.jpg', '001.tar/11.jpg'];

  it('reads those that a list names, by pattern or one by one, wherever the list is', async () => {
    for (const n of [0, 1]) await putTar(`shards/00${n}.tar`, shard(n));
    const list = join(directory.path, 'here.shards');
    await writeFile(list, 's3://data/sets/shards/{000..001}.tar\n');
    const here = await openPairs(list, { remote: { store, roots: ROOTS, uri: `file://${list}` } });
    expect(await imagesOf(here)).toEqual(expected);
    const rows = await all(here);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(rows[0]!.imagePath).toBe('s3://data/sets/shards/000.tar/00.jpg');
    await put('shards/there.shards', '# relative to the list\n000.tar\n001.tar\n');
    const there = await open('s3://data/sets/shards/there.shards');
    expect(await imagesOf(there)).toEqual(expected);
    expect((await all(there)).map(({ id }) => id)).toEqual(ids);
    await here.close();
    await there.close();
  });

  it('reads one alone, gzipped too, and a folder of them', async () => {
    await putTar('one/000.tar.gz', shard(0));
    const one = await open('s3://data/sets/one/000.tar.gz');
    expect(await imagesOf(one)).toEqual(expected.slice(0, 2));
    expect((await all(one))[0]!.id).toBe('000.tar.gz/00.jpg');
    for (const n of [0, 1]) await putTar(`folder/00${n}.tar`, shard(n));
    const folder = await open('s3://data/sets/folder');
    expect(await imagesOf(folder)).toEqual(expected);
    expect((await all(folder)).map(({ id }) => id)).toEqual(ids);
    await one.close();
    await folder.close();
  });

  it('takes captions from the side file that img2dataset writes, given either of the two', async () => {
    await putTar('aside/00000.tar', [['5.jpg', 'image 5']]);
    const columnData = [
      { name: 'key', data: ['5'], type: 'STRING' as const },
      { name: 'caption', data: ['five'], type: 'STRING' as const },
    ];
    await put('aside/00000.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    for (const given of ['00000.tar', '00000.parquet']) {
      const manifest = await open(`s3://data/sets/aside/${given}`);
      expect(await all(manifest)).toMatchObject([{ id: '00000.tar/5.jpg', caption: 'five' }]);
      await manifest.close();
    }
  });

  it('refuses lists that lead out, or mix places', async () => {
    const list = join(directory.path, 'bad.shards');
    const remote = { store, roots: ROOTS, uri: `file://${list}` };
    await writeFile(list, 's3://other/{000..001}.tar\n');
    await expect(openPairs(list, { remote })).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOTS' });
    await writeFile(list, 's3://data/sets/shards/000.tar\nhere.tar\n');
    await expect(openPairs(list, { remote })).rejects.toMatchObject({ code: 'PAIRS_UNSUPPORTED' });
  });
});
