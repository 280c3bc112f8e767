import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseHfPreprocess, parseOpenClipPreprocess } from '@ubt/clip';
import { decodeImage } from './decode-image.js';

const FIXTURES = join(import.meta.dirname, '../../fixtures/pixels');

/** One picture as a reference library prepares it; `pixels` are RGB bytes `[side, side, 3]`, base64. */
interface GoldenPixels {
  readonly picture: string;
  readonly case: string;
  readonly config: Record<string, unknown>;
  readonly pixels: string;
}

const { side, golden } = JSON.parse(await readFile(join(FIXTURES, 'pixels.json'), 'utf8')) as {
  side: number;
  golden: GoldenPixels[];
};

describe('pixels are those of transformers and open_clip, to 2 of 255 levels', () => {
  it.each([...new Set(golden.map((one) => one.case))])('%s', async (name) => {
    const parse = name.startsWith('hf-') ? parseHfPreprocess : parseOpenClipPreprocess;
    const worst: Record<string, number> = {};
    for (const { picture, config, pixels } of golden.filter((one) => one.case === name)) {
      const preprocess = parse(config, side);
      const ours = await decodeImage(await readFile(join(FIXTURES, `${picture}.png`)), preprocess);
      const theirs = Buffer.from(pixels, 'base64');
      expect(ours).toHaveLength(theirs.length);
      worst[picture] = ours.reduce((most, value, at) => Math.max(most, Math.abs(value - theirs[at]!)), 0);
    }
    expect(Object.entries(worst).filter(([, levels]) => levels > 2)).toEqual([]);
    expect(Object.keys(worst)).toHaveLength(5);
  });
});
