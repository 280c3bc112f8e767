import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPairs } from '@ubt/data';
import sharp from 'sharp';
import { buildEmojiData, type EmojiData } from '../index.js';

const SMALL = { classes: 6, pairs: 120, imageSize: 24, testViews: 2, naturalNoise: 0.25, seed: 5 } as const;

describe('buildEmojiData', () => {
  let cacheDir = '';
  let data: EmojiData;
  beforeAll(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'ubt-emoji-'));
    data = await buildEmojiData({ ...SMALL, cacheDir });
  });
  afterAll(() => rm(cacheDir, { recursive: true, force: true }));

  it('writes the asked number of pairs, distinct images of the asked size', async () => {
    const manifest = await openPairs(data.pairs);
    expect(manifest.total).toBe(120);
    expect(manifest.skipped.count).toBe(0);
    const images = new Set<string>();
    for await (const { imagePath } of manifest.rows()) {
      const { data: pixels, info } = await sharp(imagePath).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([24, 24, 3]);
      images.add(pixels.toString('base64'));
    }
    expect(images.size).toBe(120);
  });

  it('always has the banana, and captions that name their class except the noise', async () => {
    const classes = (await readFile(data.classes, 'utf8')).trim().split('\n');
    expect(classes).toHaveLength(6);
    expect(classes).toContain('banana');
    const truth = (await readFile(data.truth, 'utf8')).trim().split('\n').slice(1);
    const manifest = await openPairs(data.pairs);
    let wrong = 0;
    for await (const { row, caption } of manifest.rows()) {
      const [, poisoned, wrongCaption, label] = truth[row]!.split(',');
      expect(poisoned).toBe('0');
      expect(caption.includes(label!)).toBe(wrongCaption === '0');
      wrong += Number(wrongCaption);
    }
    expect(wrong).toBeGreaterThan(10);
    expect(wrong).toBeLessThan(55);
  });

  it('writes labelled test views, the sources and their licences', async () => {
    const labels = (await readFile(join(data.evalDir, 'labels.csv'), 'utf8')).trim().split('\n');
    expect(labels).toHaveLength(1 + 6 * 2);
    expect(await readdir(join(data.evalDir, 'images'))).toHaveLength(12);
    expect(data.manifest.sources).toHaveLength(8);
    expect(await readFile(join(data.folder, 'NOTICE.txt'), 'utf8')).toContain('CC-BY-SA-4.0');
  });

  it('draws only the styles that are asked for, and names only their sources', async () => {
    const styles = ['openmoji', 'twemoji'] as const;
    const drawn = await buildEmojiData({ ...SMALL, styles: [...styles], cacheDir });
    expect(drawn.manifest.counts.drawings).toBeLessThanOrEqual(6 * 2);
    expect(drawn.manifest.counts.drawings).toBeGreaterThanOrEqual(6);
    expect(drawn.manifest.sources.map(({ name }) => name)).toEqual([
      'twemoji',
      'fluent-emoji-flat',
      'openmoji',
    ]);
    expect(drawn.folder).not.toBe(data.folder);
    await expect(
      buildEmojiData({ ...SMALL, styles: ['fluent-emoji-flat' as 'noto'], cacheDir }),
    ).rejects.toMatchObject({ code: 'EMOJI_OPTIONS_INVALID' });
  });

  it('is found again, is the same when built elsewhere, and differs under another seed', async () => {
    const again = await buildEmojiData({ ...SMALL, cacheDir });
    expect(again).toEqual({ ...data, cached: true });
    const elsewhere = await buildEmojiData({ ...SMALL, cacheDir: join(cacheDir, 'other') });
    expect(elsewhere.cached).toBe(false);
    expect(elsewhere.manifest).toEqual(data.manifest);
    const other = await buildEmojiData({ ...SMALL, seed: 6, cacheDir });
    expect(other.folder).not.toBe(data.folder);
    expect(other.manifest.sha256.images).not.toBe(data.manifest.sha256.images);
  });

  it('leaves nothing behind when cancelled', async () => {
    const folder = join(cacheDir, 'cancelled');
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    await expect(
      buildEmojiData({ ...SMALL, cacheDir: folder, signal: controller.signal, onProgress }),
    ).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses options out of range, naming them', async () => {
    await expect(buildEmojiData({ cacheDir, pairs: 0 })).rejects.toMatchObject({
      code: 'EMOJI_OPTIONS_INVALID',
      violations: [{ field: 'pairs' }],
    });
  });
});
