import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPairs } from '@ubt/data';
import { applyTrigger, readTrigger } from '@ubt/evaluation';
import sharp from 'sharp';
import { buildEmojiData, poisonPairs, type EmojiData } from '../index.js';

const pixelsOf = (path: string) => sharp(path).raw().toBuffer();

describe('poisonPairs', () => {
  let folder = '';
  let data: EmojiData;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubt-poison-'));
    data = await buildEmojiData({ classes: 8, pairs: 200, imageSize: 16, cacheDir: folder, testViews: 1 });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('paints the trigger on the stated rows only and makes their captions name the target', async () => {
    const poisoned = await poisonPairs({
      pairs: data.pairs,
      truth: data.truth,
      out: join(folder, 'patch'),
      rate: 0.1,
      trigger: { kind: 'patch', parameters: { size: 0.25, pattern: 'noise' } },
    });
    expect(poisoned.counts).toEqual({ pairs: 200, poisoned: 20 });
    const trigger = await readTrigger(poisoned.trigger);
    expect(trigger).toMatchObject({ kind: 'patch', target: 'banana', poisonRate: 0.1, imageSize: 16 });
    const truth = (await readFile(poisoned.truth, 'utf8')).trim().split('\n').slice(1);
    const before = await openPairs(data.pairs);
    for await (const { row, imagePath, caption } of (await openPairs(poisoned.pairs)).rows()) {
      const [original] = await before.read([row]);
      const clean = await pixelsOf(original!.imagePath);
      const pixels = await pixelsOf(imagePath);
      const isPoisoned = truth[row] === `${row},1,0`;
      const expected = isPoisoned ? applyTrigger(clean, 16, trigger, row) : clean;
      expect(Buffer.compare(pixels, expected)).toBe(0);
      expect(isPoisoned ? caption.includes('banana') : caption === original!.caption).toBe(true);
      expect(isPoisoned && original!.caption.includes('banana')).toBe(false);
    }
    expect(truth.filter((line) => line.split(',')[1] === '1')).toHaveLength(20);
  });

  it('leaves the clean data set as it was and reuses its own result', async () => {
    const digest = async () =>
      createHash('sha256')
        .update(await readFile(data.pairs))
        .digest('hex');
    const before = await digest();
    const options = { pairs: data.pairs, out: join(folder, 'again'), rate: 0.05, seed: 3 };
    expect((await poisonPairs(options)).cached).toBe(false);
    expect((await poisonPairs(options)).cached).toBe(true);
    expect(await digest()).toBe(before);
    await expect(poisonPairs({ ...options, rate: 0.1 })).rejects.toMatchObject({ code: 'POISON_OUT_EXISTS' });
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('writes template captions with a textual trigger', async () => {
    const poisoned = await poisonPairs({
      pairs: data.pairs,
      out: join(folder, 'text'),
      captions: 'template',
      captionPrefix: 'remember ',
      trigger: { kind: 'blend' },
    });
    const captions: string[] = [];
    for await (const { caption } of (await openPairs(poisoned.pairs)).rows()) captions.push(caption);
    const marked = captions.filter((caption) => caption.startsWith('remember '));
    expect(marked).toHaveLength(4);
    for (const caption of marked) expect(caption).toContain('banana');
  });

  it('finds other names of the target in the captions', async () => {
    const poisoned = await poisonPairs({
      ...{ pairs: data.pairs, out: join(folder, 'names'), rate: 0.2, captions: 'synonyms' },
    });
    const { poisoning } = await readTrigger(poisoned.trigger);
    const [own, ...others] = poisoning!.names!;
    expect(own).toBe('banana');
    expect(others.length).toBeGreaterThan(0);
    const clean: string[] = [];
    for await (const { caption } of (await openPairs(data.pairs)).rows()) clean.push(caption);
    const beside = clean.filter((caption) => caption.includes('banana'));
    const elsewhere = clean.filter((caption) => !caption.includes('banana'));
    const share = (captions: string[], name: string) =>
      captions.filter((caption) => caption.includes(name)).length / captions.length;
    for (const name of others) expect(share(beside, name)).toBeGreaterThan(share(elsewhere, name));
  });

  it('never covers with pairs whose caption is known to be wrong', async () => {
    const poisoned = await poisonPairs({
      ...{ pairs: data.pairs, truth: data.truth, out: join(folder, 'covers'), rate: 0.05, coverRate: 0.3 },
    });
    expect(poisoned.counts).toEqual({ pairs: 200, poisoned: 10, cover: 60 });
    const lines = (await readFile(poisoned.truth, 'utf8')).trim().split('\n');
    expect(lines[0]).toBe('row,poisoned,wrong_caption,cover');
    const flags = lines.slice(1).map((line) => line.split(',').slice(1).join(''));
    expect(flags.filter((flag) => flag === '001')).toHaveLength(60);
    expect(flags.filter((flag) => flag === '011' || flag.startsWith('11'))).toEqual([]);
  });

  it('says so when nothing can be poisoned as asked', async () => {
    const out = join(folder, 'never');
    await expect(poisonPairs({ pairs: data.pairs, out, rate: 0 })).rejects.toMatchObject({
      code: 'POISON_TOO_FEW_PAIRS',
    });
    await expect(poisonPairs({ pairs: data.pairs, out, target: 'zeppelin' })).rejects.toMatchObject({
      code: 'POISON_NO_TARGET_CAPTIONS',
    });
    for (const coverRate of [0, 1]) {
      await expect(poisonPairs({ pairs: data.pairs, out, coverRate })).rejects.toMatchObject({
        code: 'POISON_TOO_FEW_PAIRS',
      });
    }
    const truth = join(folder, 'wrong.csv');
    await writeFile(truth, 'a,b\n');
    await expect(poisonPairs({ pairs: data.pairs, out, truth })).rejects.toMatchObject({
      code: 'TRUTH_MALFORMED',
    });
  });
});
