import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fuzz, mutants, type FuzzResult, writeTar } from '@ubt/test-kit';
import { parquetWriteBuffer } from 'hyparquet-writer';
import sharp from 'sharp';
import { decodeImage, openPairs, readClassNames, readTemplates } from './index.js';

const INPUTS = 2000;
const LIMIT_MS = 300_000;

let folder = '';
let scratchDir = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubt-fuzz-'));
  scratchDir = join(folder, 'scratch');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Opens pairs, reads all rows and the first images. */
const readPairs = (name: string) => async (input: Uint8Array) => {
  const path = join(folder, name);
  await writeFile(path, input);
  const manifest = await openPairs(path, { scratchDir });
  try {
    let images = 0;
    for await (const pair of manifest.rows()) {
      if (images++ < 2 && name.includes('.tar')) await manifest.readImage(pair);
    }
  } finally {
    await manifest.close();
  }
};

const expectNoFault = (result: FuzzResult, leastRefused: number) => {
  expect(result.faults).toEqual([]);
  expect(result.accepted + result.refused).toBe(INPUTS);
  expect(result.refused).toBeGreaterThan(leastRefused);
  expect(result.slowestMs).toBeLessThan(20_000);
  expect(result.grownMiB).toBeLessThan(600);
};

describe('2,000 malformed files of each kind are read or refused by name', () => {
  it(
    'CSV and TSV',
    async () => {
      const csv = 'filepath,title\na.png,"héllo, \n world"\nb/c.png,x\r\nd.png,"a ""q"" b"\n';
      const tsv = 'image\tcaption\turl\na.png\tone\tu\nb.png\ttwo\tv\n';
      const inputs = mutants([Buffer.from(csv), Buffer.from(tsv)], INPUTS, 1);
      expectNoFault(await fuzz(inputs, readPairs('pairs.csv'), 'pairs.csv'), 100);
    },
    LIMIT_MS,
  );

  it(
    'tar',
    async () => {
      const members = [
        ['0.jpg', 'image'],
        ['0.txt', 'caption'],
        [`${'deep/'.repeat(30)}1.png`, 'image'],
        [`${'deep/'.repeat(30)}1.json`, '{"caption": "text"}'],
      ] as const;
      await writeTar(join(folder, 'good.tar'), members);
      const good = await readFile(join(folder, 'good.tar'));
      // Most of a tar is padding: without its end, mutations meet what matters.
      const inputs = mutants([good, good.subarray(0, 2560)], INPUTS, 2);
      expectNoFault(await fuzz(inputs, readPairs('shard.tar'), 'shard.tar'), 300);
      const zipped = mutants([gzipSync(good)], INPUTS, 3);
      expectNoFault(await fuzz(zipped, readPairs('shard.tar.gz'), 'shard.tar.gz'), 1000);
      expect(await readdir(scratchDir)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'Parquet',
    async () => {
      const data = Array.from({ length: 50 }, (_, n) => `${n % 7}.jpg`);
      const columns = [
        { name: 'filepath', data, type: 'STRING' as const },
        {
          name: 'title',
          data: data.map((id, n) => (n % 9 === 0 ? null : `of ${id}`)),
          type: 'STRING' as const,
        },
      ];
      const files = (['UNCOMPRESSED', 'SNAPPY'] as const).map(
        (codec) => new Uint8Array(parquetWriteBuffer({ columnData: columns, codec, rowGroupSize: 20 })),
      );
      expectNoFault(await fuzz(mutants(files, INPUTS, 4), readPairs('p.parquet'), 'p.parquet'), 500);
    },
    LIMIT_MS,
  );

  it(
    'images',
    async () => {
      const noise = sharp({
        create: {
          width: 24,
          height: 16,
          channels: 3,
          background: 'red',
          noise: { type: 'gaussian', mean: 99, sigma: 30 },
        },
      });
      const formats = await Promise.all(
        (['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const).map((format) =>
          noise.clone().toFormat(format).toBuffer(),
        ),
      );
      const layout = { size: 8, cropSize: 8, resizeMode: 'shortest', interpolation: 'bicubic' } as const;
      const read = async (input: Uint8Array) => {
        await decodeImage(input, layout, undefined, 'picture');
      };
      expectNoFault(await fuzz(mutants(formats, INPUTS, 5), read, 'picture'), 500);
    },
    LIMIT_MS,
  );

  it(
    'class names and templates',
    async () => {
      const path = join(folder, 'lines.txt');
      const read = async (input: Uint8Array) => {
        await writeFile(path, input);
        await readClassNames(path);
        await readTemplates(path);
      };
      const inputs = mutants(
        [Buffer.from('a {}\nthe {} in {}\n'), Buffer.from('cat {}\r\ndog {}\n')],
        INPUTS,
        6,
      );
      expectNoFault(await fuzz(inputs, read, 'lines.txt'), 100);
    },
    LIMIT_MS,
  );
});
