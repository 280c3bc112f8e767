import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { decodeImage, thumbnail, type PixelLayout } from '../index.js';

const layout: PixelLayout = { size: 8, cropSize: 8, resizeMode: 'shortest', interpolation: 'bicubic' };
const limits = { bytes: 1 << 20, pixels: 1 << 20 };

/** An image whose red channel is its column and whose green channel is its row. */
const ramp = (width: number, height: number) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      return [pixel % width, Math.floor(pixel / width), 7][at % 3]!;
    }),
    { raw: { width, height, channels: 3 } },
  );

describe('decodeImage', () => {
  it('gives the pixels of an image of the right size unchanged', async () => {
    const pixels = await decodeImage(await ramp(8, 8).png().toBuffer(), layout);
    expect([...pixels.subarray(0, 6)]).toEqual([0, 0, 7, 1, 0, 7]);
    expect(pixels).toHaveLength(8 * 8 * 3);
  });

  it('scales the shorter side and cuts out the centre, or squashes', async () => {
    const wide = await ramp(32, 16).png().toBuffer();
    const cropped = await decodeImage(wide, layout);
    expect(cropped[0]!).toBeGreaterThanOrEqual(8);
    expect(cropped[3 * 7]!).toBeLessThanOrEqual(24);
    const squashed = await decodeImage(wide, { ...layout, resizeMode: 'squash' });
    expect(squashed[0]!).toBeLessThan(4);
    expect(squashed[3 * 7]!).toBeGreaterThan(28);
  });

  it('crops without scaling and pads with black what the crop leaves empty', async () => {
    const image = await ramp(10, 10).png().toBuffer();
    const inner = await decodeImage(image, { ...layout, size: 10, cropSize: 6 });
    expect([...inner.subarray(0, 3)]).toEqual([2, 2, 7]);
    const outer = await decodeImage(image, { ...layout, size: 10, cropSize: 14 });
    expect([...outer.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect([...outer.subarray(3 * (2 * 14 + 2), 3 * (2 * 14 + 2) + 3)]).toEqual([0, 0, 7]);
  });

  it('turns grey, CMYK and transparent images into RGB', async () => {
    const grey = await ramp(8, 8).greyscale().png().toBuffer();
    const cmyk = await ramp(8, 8).toColourspace('cmyk').jpeg().toBuffer();
    const clear = await ramp(8, 8).ensureAlpha(0.5).webp({ lossless: true }).toBuffer();
    for (const bytes of [grey, cmyk, clear]) expect(await decodeImage(bytes, layout)).toHaveLength(192);
  });

  it.each(['png', 'jpeg'] as const)('refuses a truncated %s', async (format) => {
    const whole = await ramp(64, 64).toFormat(format).toBuffer();
    await expect(decodeImage(whole.subarray(0, whole.length * 0.6), layout)).rejects.toMatchObject({
      code: 'IMAGE_UNDECODABLE',
      kind: 'invalid-argument',
    });
  });

  it('refuses a small file that claims to be a huge image', async () => {
    await expect(decodeImage(pngBomb(60_000, 60_000), layout, limits)).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
    const large = await ramp(200, 200).png().toBuffer();
    await expect(decodeImage(large, layout, { ...limits, pixels: 39_999 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
      message: expect.stringContaining('200 × 200'),
    });
    await expect(decodeImage(large, layout, { ...limits, bytes: 100 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
  });

  it.each([
    ['text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')],
    ['PDF', Buffer.from('%PDF-1.4 …')],
  ])('refuses %s', async (_name, bytes) => {
    await expect(decodeImage(bytes, layout)).rejects.toMatchObject({ code: 'IMAGE_FORMAT_REFUSED' });
  });
});

describe('images on disk', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ubt-images-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('names the file that is missing or broken', async () => {
    const broken = join(folder, 'broken.png');
    await writeFile(broken, (await ramp(64, 64).png().toBuffer()).subarray(0, 90));
    for (const path of [broken, join(folder, 'none.png')]) {
      await expect(decodeImage(path, layout)).rejects.toMatchObject({
        message: expect.stringContaining(path),
      });
    }
  });

  it('makes thumbnails that fit the size and do not grow', async () => {
    const path = join(folder, 'wide.png');
    await ramp(64, 32).png().toFile(path);
    const sizeOf = async (uri: string) => {
      expect(uri).toMatch(/^data:image\/webp;base64,/);
      const { width, height } = await sharp(Buffer.from(uri.split(',')[1]!, 'base64')).metadata();
      return [width, height];
    };
    expect(await sizeOf(await thumbnail(path, 16))).toEqual([16, 8]);
    expect(await sizeOf(await thumbnail(path, 100))).toEqual([64, 32]);
    await writeFile(join(folder, 'x.png'), 'x');
    await expect(thumbnail(join(folder, 'x.png'), 16)).rejects.toMatchObject({
      code: 'IMAGE_FORMAT_REFUSED',
    });
  });
});

/** A PNG of a few hundred bytes with a header of any size. */
function pngBomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}
