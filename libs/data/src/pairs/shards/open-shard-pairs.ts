import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { DEFAULT_IMAGE_LIMITS } from '../../images/image-limits.js';
import { createScratchFile, type ScratchFile } from '../../scratch-file.js';
import { LONGEST_CAPTION_BYTES } from '../caption.js';
import { growable } from '../growable.js';
import { noUsableRows } from '../no-usable-rows.js';
import type { OpenPairsOptions } from '../open-pairs.js';
import { fileBeside, isGzipped, type PairFile } from '../pair-files.js';
import type { PairManifest } from '../pair-manifest.js';
import { createPairTexts } from '../pair-texts.js';
import { sideCaptions } from '../parquet/side-captions.js';
import type { RemotePairs } from '../remote-pairs.js';
import { createSkipCount } from '../skip-count.js';
import { spooledManifest } from '../spooled-manifest.js';
import { fileCursor, gzipCursor } from './byte-cursor.js';
import { CAPTION_FIELDS, jsonCaption, sampleCaption } from './sample-caption.js';
import { createShardImages, indexedShard, type IndexedShard } from './shard-images.js';
import { shardSamples, type ImageKeeper, type ShardSample } from './shard-samples.js';
import { tarEntries } from './tar-entries.js';

/**
 * Opens webdataset shards. Of plain tar files the headers and captions are read, images stay where they are;
 * gzipped ones are inflated once and their images kept in a scratch file. Samples are counted through all
 * shards.
 *
 * @param roots real paths; relative names in `files` count from the first
 * @throws UbtError `SHARD_MALFORMED`, `PARQUET_MALFORMED`, `PAIRS_NO_USABLE_ROWS`, `PAIRS_EMPTY`, `DISK_FULL`
 */
export async function openShardPairs(
  files: readonly PairFile[],
  roots: readonly string[],
  options: OpenPairsOptions,
): Promise<PairManifest> {
  const scratch = await createScratchFile(options.scratchDir ?? tmpdir());
  try {
    return await indexShards(files, roots, options, scratch);
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

async function indexShards(
  files: readonly PairFile[],
  roots: readonly string[],
  options: OpenPairsOptions,
  scratch: ScratchFile,
): Promise<PairManifest> {
  const { captionColumns: fields = CAPTION_FIELDS, longestCaptionBytes = LONGEST_CAPTION_BYTES } = options;
  const shards: IndexedShard[] = [];
  const texts = createPairTexts(scratch);
  const images = createShardImages(shards, scratch);
  const usable = growable(Uint32Array);
  const skipped = createSkipCount();
  const base = commonFolder(files);
  const isRemote = files[0]!.uri !== undefined;
  let total = 0;
  for (const file of files) {
    const captions = captionsBeside(file, fields, options.remote);
    const shard = shards.push(await indexedShard(file, isGzipped(file.path))) - 1;
    for await (const sample of samplesOf(file, scratch)) {
      const row = total++;
      const { key, image } = sample;
      const aside = await captions(sample);
      const caption = sampleCaption(sample, fields, aside, longestCaptionBytes);
      const reason = image === undefined ? 'image-missing' : caption.skip;
      if (reason !== undefined || image === undefined || caption.skip !== undefined) {
        skipped.add(reason!, () => `${file.path}:${key}`);
        continue;
      }
      usable.push(row);
      images.add(shard, image.at, image.bytes);
      await texts.add(`${originOf(file).slice(base.length)}/${image.name}`, caption.text);
    }
  }
  const rows = usable.take();
  const counted = skipped.take();
  const path = files.length === 1 ? files[0]!.path : (roots[0] ?? files[0]!.path);
  if (rows.length === 0) throw noUsableRows(path, total, counted);
  return spooledManifest({
    ...{ path, roots, total, usable: rows, skipped: counted, texts: texts.take(), scratch },
    imagePathOf: (id) => (isRemote ? `${base}${id}` : resolve(base, id)),
    columns: { image: 'filepath', caption: 'title' },
    readImage: images.take(),
  });
}

/** The folder that all shards are in, with a slash at its end: ids count from it, so they are the same wherever the data set lies. */
function commonFolder(files: readonly PairFile[]): string {
  const inside = (folder: string) => (folder.endsWith('/') ? folder : `${folder}/`);
  const contains = (folder: string) => files.every((file) => originOf(file).startsWith(inside(folder)));
  let folder = dirname(originOf(files[0]!));
  while (!contains(folder)) folder = dirname(folder);
  return inside(folder);
}

/** Where a file lies, not where its copy does. */
const originOf = ({ uri, path }: PairFile): string => uri ?? path;

async function* samplesOf(file: PairFile, scratch: ScratchFile) {
  const zipped = isGzipped(file.path);
  const cursor = zipped ? gzipCursor(file.path) : await fileCursor(file.path);
  const keep: ImageKeeper = async (entry) => {
    if (!zipped) return entry.at;
    return entry.bytes > DEFAULT_IMAGE_LIMITS.bytes ? -1 : scratch.append(await entry.read());
  };
  try {
    yield* shardSamples(tarEntries(cursor, file.path), keep);
  } finally {
    await cursor.close();
  }
}

/** Captions of the side file, which is read only when a sample brings none. */
function captionsBeside(file: PairFile, fields: readonly string[], remote: RemotePairs | undefined) {
  let captions: Promise<Map<string, string> | undefined> | undefined;
  return async ({ key, txt, json }: ShardSample): Promise<string | undefined> => {
    if (txt !== undefined || (json !== undefined && jsonCaption(json, fields) !== undefined))
      return undefined;
    captions ??= fileBeside(file, ['.parquet'], remote).then((beside) =>
      beside === undefined ? undefined : sideCaptions(beside.path, fields),
    );
    return (await captions)?.get(key.slice(key.lastIndexOf('/') + 1));
  };
}
