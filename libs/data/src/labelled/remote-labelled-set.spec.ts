import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createArtifactStore, type ArtifactStore } from '@ubt/artifacts';
import { startS3Server, temporaryDirectory, type S3Server, type TemporaryDirectory } from '@ubt/test-kit';
import sharp from 'sharp';
import { labelledBatches, readLabelledSet, type LabelledSet } from '../index.js';

jest.setTimeout(120_000);
const ROOTS = ['s3://data/eval'];
const CLASSES = ['banana', 'red apple'];
const PREPROCESS = { size: 4, cropSize: 4, resizeMode: 'squash', interpolation: 'bicubic' } as const;

let server: S3Server;
let directory: TemporaryDirectory;
let store: ArtifactStore;
let work: string;
beforeAll(async () => {
  server = await startS3Server(['data', 'other']);
  directory = await temporaryDirectory('ubt-remote-labelled-');
  work = join(directory.path, 'work');
  const { endpoint, credentials } = server;
  store = createArtifactStore({
    ...{ roots: ROOTS, writeRoot: 's3://data/eval', workFolder: work, s3: { endpoint, credentials } },
  });
  await putPicture('deep/banana/0.png', 10);
  await putPicture('deep/red_apple/0.png', 20);
  await putPicture('deep/red_apple/1.png', 30);
}, 90_000);
afterAll(async () => {
  await server.stop();
  await directory.remove();
});

const put = (name: string, content: string | Uint8Array) =>
  store.putFile(name, 'x/y', (path) => writeFile(path, content));
async function putPicture(name: string, level: number): Promise<void> {
  const background = { r: level, g: 0, b: 0 };
  await put(
    name,
    await sharp({ create: { width: 4, height: 4, channels: 3, background } })
      .png()
      .toBuffer(),
  );
}
/** Reads a set as a stage does: fetched first, and told where it came from. */
const read = async (uri: string): Promise<LabelledSet> =>
  readLabelledSet(await store.fetch({ uri }), { classes: CLASSES, remote: { store, roots: ROOTS, uri } });
/** Label and red of every image. */
async function decoded(set: LabelledSet): Promise<[label: number, red: number][]> {
  const seen: [number, number][] = [];
  const options = { preprocess: PREPROCESS, batchSize: 2, maxUndecodableShare: 0.5 };
  for await (const { labels, pixels } of labelledBatches(set, options)) {
    labels.forEach((label, at) => seen.push([label, pixels[at * 48]!]));
  }
  return seen;
}

describe('a labelled set in S3', () => {
  it('is a prefix with a folder per class, fetched whole', async () => {
    const set = await read('s3://data/eval/deep');
    expect(await decoded(set)).toEqual([
      [0, 10],
      [1, 20],
      [1, 30],
    ]);
    expect(set.images[0]!.imagePath).toMatch(/^\/.*banana\/0\.png$/);
  });

  it('is a CSV whose images are read where they lie, by relative name and by URI', async () => {
    const copies = async () => (await readdir(work, { recursive: true })).filter((name) => /png$/.test(name));
    const before = await copies();
    await put(
      'lists/labels.csv',
      'filepath,label\n../deep/banana/0.png,0\ns3://data/eval/deep/red_apple/1.png,red apple\n../deep/gone.png,0\n',
    );
    const set = await read('s3://data/eval/lists/labels.csv');
    expect(set.images[0]!.imagePath).toBe('s3://data/eval/deep/banana/0.png');
    expect(await decoded(set)).toEqual([
      [0, 10],
      [1, 30],
    ]);
    expect(await copies()).toEqual(before);
    await expect(set.readImage(set.images[0]!.imagePath, { bytes: 3, pixels: 9 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
  });

  it('is a prefix with labels.csv, fetched with the images beside it', async () => {
    await putPicture('listed/x.png', 40);
    await put('listed/labels.csv', 'filepath,label\nx.png,1\ns3://data/eval/deep/banana/0.png,0\n');
    expect(await decoded(await read('s3://data/eval/listed'))).toEqual([
      [1, 40],
      [0, 10],
    ]);
  });

  it('may be listed by a CSV of this machine, but only below the roots', async () => {
    const folder = join(directory.path, 'here');
    await mkdir(folder);
    const file = join(folder, 'labels.csv');
    const remote = { store, roots: ROOTS, uri: `file://${file}` };
    await writeFile(file, 'filepath,label\ns3://data/eval/deep/banana/0.png,0\n');
    expect(await decoded(await readLabelledSet(file, { classes: CLASSES, remote }))).toEqual([[0, 10]]);
    await expect(readLabelledSet(file, { classes: CLASSES })).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_ROOTS',
    });
    await writeFile(file, 'filepath,label\ns3://other/0.png,0\n');
    await expect(readLabelledSet(file, { classes: CLASSES, remote })).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_ROOTS',
      message: expect.stringContaining('s3://other/0.png'),
    });
  });
});
