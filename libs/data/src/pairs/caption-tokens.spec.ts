import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPairs, readCaptionTokens, type PairManifest } from '../index.js';

/** One token a word: its length. */
const tokenizer = { contentIds: (caption: string) => caption.split(' ').map((word) => word.length) };

describe('readCaptionTokens', () => {
  let folder = '';
  let manifest: PairManifest;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubt-tokens-'));
    const captions = ['a cat', '', 'one long caption', 'word'];
    const lines = captions.map((caption, i) => `${i}.png,${caption}`);
    await writeFile(join(folder, 'pairs.csv'), ['filepath,title', ...lines, ''].join('\n'));
    manifest = await openPairs(join(folder, 'pairs.csv'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const read = async (rows: number[]) => {
    const tokens = await readCaptionTokens(manifest, tokenizer, rows);
    return Array.from({ length: tokens.length }, (_, i) => [...tokens.at(i)!]);
  };

  it('gives the tokens of the rows asked for, in their order', async () => {
    expect(await read([0, 2, 3])).toEqual([[1, 3], [3, 4, 7], [4]]);
    expect(await read([2])).toEqual([[3, 4, 7]]);
    expect(await read([])).toEqual([]);
    expect((await readCaptionTokens(manifest, tokenizer, [0])).at(1)).toBeUndefined();
  });

  it.each([[[1]], [[0, 9]]])('refuses rows that are not usable: %j', async (rows) => {
    await expect(read(rows)).rejects.toMatchObject({
      code: 'ROW_NOT_IN_PAIRS',
      message: expect.stringContaining(`row ${rows.at(-1)}`),
    });
  });
});
