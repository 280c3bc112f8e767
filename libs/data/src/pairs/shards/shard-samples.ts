import { posix } from 'node:path';
import type { TarEntry } from './tar-entries.js';

/** Members of a shard that belong together: same name up to the first dot, one after the other. */
export interface ShardSample {
  readonly key: string;
  readonly image?: ShardImage;
  /** Content of the `.txt` member. */
  readonly txt?: Buffer;
  /** Content of the `.json` member. */
  readonly json?: Buffer;
}

/** Where a sample's image is. */
export interface ShardImage {
  readonly name: string;
  /** First byte, as {@link ImageKeeper} tells it. */
  readonly at: number;
  readonly bytes: number;
}

/** Decides where an image can be read later; given its entry, returns the first byte. */
export type ImageKeeper = (entry: TarEntry) => Promise<number>;

const IMAGE = /^(?:[^/]*\.)?(?:jpe?g|png|webp|gif|tiff?|avif)$/;
const LONGEST_TEXT_BYTES = 1 << 20;

/**
 * Groups a shard's members into samples as webdataset does. Names that begin with `__` describe the shard and
 * are passed over, as are members of other kinds. Of several images or captions of one sample the first counts.
 */
export async function* shardSamples(
  entries: AsyncIterable<TarEntry>,
  keep: ImageKeeper,
): AsyncGenerator<ShardSample> {
  let sample: { -readonly [Key in keyof ShardSample]: ShardSample[Key] } | undefined;
  for await (const entry of entries) {
    const { key, extension } = splitName(entry.name);
    if (key === undefined) continue;
    if (sample !== undefined && sample.key !== key) {
      yield sample;
      sample = undefined;
    }
    sample ??= { key };
    if (IMAGE.test(extension)) {
      sample.image ??= { name: entry.name, at: await keep(entry), bytes: entry.bytes };
    } else if (entry.bytes <= LONGEST_TEXT_BYTES) {
      if (extension === 'txt') sample.txt ??= Buffer.from(await entry.read());
      if (extension === 'json') sample.json ??= Buffer.from(await entry.read());
    }
  }
  if (sample !== undefined) yield sample;
}

/** `dir/0001.seg.png` is key `dir/0001`, extension `seg.png`. */
function splitName(name: string): { key?: string; extension: string } {
  const base = posix.basename(name);
  const dot = base.indexOf('.');
  if (dot <= 0 || base.startsWith('__')) return { extension: '' };
  const key = name.slice(0, name.length - base.length + dot);
  return { key, extension: base.slice(dot + 1).toLowerCase() };
}
