import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PairBatch } from '@ubt/clip';
import sharp from 'sharp';
import {
  createDecodeCache,
  openPairs,
  pairBatches,
  writeCsv,
  type PairBatchOptions,
  type PairManifest,
  type UndecodableImage,
} from '../index.js';

const SIDE = 4;
const tokenizer = { encode: (captions: string[]) => Int32Array.from(captions, (text) => text.length) };
const options: PairBatchOptions = {
  tokenizer,
  preprocess: { size: SIDE, cropSize: SIDE, resizeMode: 'squash', interpolation: 'bicubic' },
  batchSize: 8,
};

const all = async (batches: AsyncIterable<PairBatch>) => {
  const list: PairBatch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
};

/** Row numbers as the pixels show them. */
const shown = (batch: PairBatch) =>
  Array.from({ length: batch.size }, (_, at) => batch.pixels[at * SIDE * SIDE * 3]);

describe('pairBatches', () => {
  let folder = '';
  let manifest: PairManifest;

  /** Pair n: an image of level n, a caption of n + 1 letters. */
  const makePairs = async (name: string, count: number, broken: readonly number[] = []) => {
    const home = join(folder, name);
    await mkdir(home);
    for (let row = 0; row < count; row++) {
      const path = join(home, `${row}.png`);
      const background = { r: row, g: row, b: row };
      if (broken.includes(row)) await writeFile(path, 'not an image');
      else
        await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background } })
          .png()
          .toFile(path);
    }
    const rows = Array.from({ length: count }, (_, row) => [`${row}.png`, 'x'.repeat(row + 1)]);
    await writeCsv(join(home, 'pairs.csv'), ['filepath', 'title'], rows);
    return openPairs(join(home, 'pairs.csv'));
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubt-batches-'));
    manifest = await makePairs('good', 30);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('gives every pair once, in order, pixels and tokens together', async () => {
    const batches = await all(pairBatches(manifest, options));
    expect(batches.map(({ size }) => size)).toEqual([8, 8, 8, 6]);
    expect(batches.flatMap(({ rows }) => rows)).toEqual(Array.from({ length: 30 }, (_, row) => row));
    for (const batch of batches) {
      expect(shown(batch)).toEqual(batch.rows);
      expect([...batch.tokens]).toEqual(batch.rows.map((row) => row + 1));
      expect(batch.imageSize).toBe(SIDE);
    }
  });

  it('shuffles by the seed and keeps pairs together', async () => {
    const order = async (seed: number) => {
      const batches = await all(pairBatches(manifest, { ...options, order: 'shuffled', seed }));
      for (const batch of batches) expect(shown(batch)).toEqual(batch.rows);
      return batches.flatMap(({ rows }) => rows);
    };
    const one = await order(1);
    expect(one).not.toEqual([...one].sort((a, b) => a - b));
    expect([...one].sort((a, b) => a - b)).toEqual([...manifest.usable]);
    expect(await order(1)).toEqual(one);
    expect(await order(2)).not.toEqual(one);
  });

  it('goes round without end in full batches, every row once a round', async () => {
    const rows = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const seen: number[] = [];
    for await (const batch of pairBatches(manifest, { ...options, rows, order: 'endless', seed: 3 })) {
      expect(batch.size).toBe(8);
      expect(shown(batch)).toEqual(batch.rows);
      if (seen.push(...batch.rows) === 40) break;
    }
    for (const round of [0, 10, 20, 30]) {
      expect(seen.slice(round, round + 10).sort((a, b) => a - b)).toEqual(rows);
    }
    expect(seen.slice(0, 10)).not.toEqual(seen.slice(10, 20));
  });

  it.each(['file', 'shuffled', 'endless'] as const)('goes on in %s order where it stood', async (order) => {
    const partly = await makePairs(`resumed-${order}`, 27, [4, 11, 26]);
    const reading = { ...options, order, seed: 5, maxUndecodableShare: 0.2 };
    const whole: PairBatch[] = [];
    for await (const batch of pairBatches(partly, reading)) if (whole.push(batch) === 9) break;
    for (const [at, { next }] of whole.slice(0, -1).entries()) {
      const resumed = pairBatches(partly, { ...reading, from: JSON.parse(JSON.stringify(next)) });
      const first = await resumed.next();
      expect(first.value).toEqual(whole[at + 1]);
      await resumed.return(undefined);
    }
  });

  it('gives a stretch the batches that it has in a reading of everything', async () => {
    const partly = await makePairs('stretches', 30, [3, 4, 17, 29]);
    const reading = { ...options, batchSize: 4, stretch: 8, maxUndecodableShare: 0.2 };
    const whole = await all(pairBatches(partly, reading));
    expect(whole.map(({ size }) => size)).toEqual([4, 2, 4, 4, 4, 3, 4, 1]);
    const parts: PairBatch[] = [];
    for (const from of [0, 8, 16, 24]) {
      const rows = partly.usable.slice(from, from + 8);
      parts.push(...(await all(pairBatches(partly, { ...reading, rows, shareOf: 30 }))));
    }
    const contents = (batches: PairBatch[]) =>
      batches.map(({ rows, pixels, tokens }) => ({ rows, pixels, tokens }));
    expect(contents(parts)).toEqual(contents(whole));
  });

  it('counts what cannot be decoded against all of it when it reads a part', async () => {
    const partly = await makePairs('part-of-all', 12, [8, 9, 10, 11]);
    const reading = { ...options, rows: [8, 9, 10, 11], shareOf: 12 };
    expect(await all(pairBatches(partly, { ...reading, maxUndecodableShare: 0.4 }))).toEqual([]);
    await expect(all(pairBatches(partly, { ...reading, maxUndecodableShare: 0.2 }))).rejects.toMatchObject({
      code: 'TOO_MANY_UNDECODABLE',
    });
  });

  it('shares the rows out, each to one reader', async () => {
    const parts = await Promise.all(
      [0, 1, 2].map((index) => all(pairBatches(manifest, { ...options, share: { index, count: 3 } }))),
    );
    const rows = parts.map((batches) => batches.flatMap((batch) => batch.rows));
    expect(rows[1]).toEqual([1, 4, 7, 10, 13, 16, 19, 22, 25, 28]);
    expect(rows.flat().sort((a, b) => a - b)).toEqual([...manifest.usable]);
    const none = all(pairBatches(manifest, { ...options, share: { index: 3, count: 3 } }));
    await expect(none).rejects.toMatchObject({ code: 'ROW_SHARE_INVALID' });
  });

  it('visits chosen rows, and drops or pads the last batch', async () => {
    const rows = [5, 29, 0, 5, 7, 1, 2, 3, 4, 6];
    const padded = await all(pairBatches(manifest, { ...options, rows, last: 'pad' }));
    expect(padded.map(({ rows: filled }) => filled)).toEqual([rows.slice(0, 8), [4, 6, 4, 6, 4, 6, 4, 6]]);
    expect(padded[1]!.size).toBe(8);
    expect(shown(padded[1]!)).toEqual([4, 6, 4, 6, 4, 6, 4, 6]);
    expect([...padded[1]!.tokens]).toEqual([5, 7, 5, 7, 5, 7, 5, 7]);
    const dropped = await all(pairBatches(manifest, { ...options, rows, last: 'drop' }));
    expect(dropped.map(({ size }) => size)).toEqual([8]);
  });

  it('leaves out and names undecodable images, and fills their places', async () => {
    const partly = await makePairs('partly', 20, [0, 3, 9]);
    const named: UndecodableImage[] = [];
    const batches = await all(
      pairBatches(partly, {
        ...options,
        maxUndecodableShare: 0.2,
        onUndecodable: (image) => named.push(image),
      }),
    );
    expect(batches.map(({ size }) => size)).toEqual([8, 8, 1]);
    expect(batches[0]!.rows).toEqual([1, 2, 4, 5, 6, 7, 8, 10]);
    for (const batch of batches) expect(shown(batch)).toEqual(batch.rows);
    expect(named.map(({ imagePath }) => imagePath.split('/').at(-1)).sort()).toEqual([
      '0.png',
      '3.png',
      '9.png',
    ]);
    await expect(all(pairBatches(partly, { ...options, maxUndecodableShare: 0.1 }))).rejects.toMatchObject({
      code: 'TOO_MANY_UNDECODABLE',
      message: expect.stringContaining('of 20 images'),
    });
  });

  it('fails rather than go round for ever when no image can be decoded', async () => {
    const none = await makePairs('none', 3, [0, 1, 2]);
    const endless = pairBatches(none, { ...options, order: 'endless', maxUndecodableShare: 1 });
    await expect(endless.next()).rejects.toMatchObject({ code: 'TOO_MANY_UNDECODABLE' });
  });

  it('decodes once when it has a cache, whose file leaves no trace', async () => {
    const partly = await makePairs('cached', 16, [2]);
    const cacheFolder = join(folder, 'cache');
    const decodeCache = await createDecodeCache(cacheFolder, partly.total, SIDE);
    const named: UndecodableImage[] = [];
    const cached = {
      ...options,
      decodeCache,
      maxUndecodableShare: 0.1,
      onUndecodable: (image: UndecodableImage) => named.push(image),
    };
    const first = await all(pairBatches(partly, cached));
    await rename(join(folder, 'cached', '5.png'), join(folder, 'cached', 'gone.png'));
    const second = await all(pairBatches(partly, { ...cached, order: 'shuffled', seed: 4 }));
    expect(second.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual(
      first.flatMap(({ rows }) => rows),
    );
    for (const batch of second) expect(shown(batch)).toEqual(batch.rows);
    expect(named).toHaveLength(1);
    expect(await readdir(cacheFolder)).toEqual([]);
    await decodeCache.close();
  });

  it('does not follow a link out of the roots', async () => {
    const linked = await makePairs('linked', 2);
    await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
      .png()
      .toFile(join(folder, 'secret.png'));
    await rm(join(folder, 'linked', '1.png'));
    await symlink(join(folder, 'secret.png'), join(folder, 'linked', '1.png'));
    await expect(all(pairBatches(linked, { ...options, maxUndecodableShare: 1 }))).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_ROOTS',
    });
  });

  it('holds the source back while the consumer is slow, and stops when told to', async () => {
    const big = await makePairs('big', 80);
    let reads = 0;
    const counted: PairManifest = { ...big, read: (rows) => ((reads += 1), big.read(rows)) };
    const batches = pairBatches(counted, options);
    await batches.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(reads).toBeLessThanOrEqual(4);
    await batches.return(undefined);
    const controller = new AbortController();
    const cancelled = pairBatches(big, { ...options, signal: controller.signal });
    await cancelled.next();
    controller.abort();
    await expect(all(cancelled)).rejects.toMatchObject({ kind: 'cancelled' });
  });
});
