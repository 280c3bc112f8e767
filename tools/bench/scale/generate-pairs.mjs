import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { pack } from 'tar-stream';

const PAIRS_PER_SHARD = 10_000;
const WORDS = ['a', 'red', 'cat', 'photo', 'of', 'the', 'street', 'dog', 'on', 'green', 'hill', 'house'];

/**
 * Writes small pairs as webdataset shards.
 *
 * @param {string} place folder; it is made
 * @param {number} count
 * @param {(n: number) => string} endOf what the caption of pair `n` ends with; its number unless told
 */
export async function generatePairs(place, count, endOf = String) {
  await mkdir(place, { recursive: true });
  const background = { r: 200, g: 30, b: 60 };
  const image = await sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .jpeg()
    .toBuffer();
  for (let from = 0; from < count; from += PAIRS_PER_SHARD) {
    const tar = pack();
    const name = `${String(from / PAIRS_PER_SHARD).padStart(5, '0')}.tar`;
    const written = pipeline(tar, createWriteStream(join(place, name)));
    for (let n = from; n < Math.min(count, from + PAIRS_PER_SHARD); n++) {
      const key = String(n).padStart(9, '0');
      const caption = Array.from({ length: 8 }, (_, at) => WORDS[(n * 7 + at * at * 5) % WORDS.length]).join(
        ' ',
      );
      tar.entry({ name: `${key}.jpg` }, image);
      if (!tar.entry({ name: `${key}.txt` }, Buffer.from(`${caption} ${endOf(n)}`)).writable) continue;
      if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    tar.finalize();
    await written;
  }
}
