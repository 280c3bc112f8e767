import { imagesPerRun, type Checkpoint, type PairBatch } from '@ubt/clip';
import {
  createDecodeCache,
  pairBatches,
  readCaptionTokens,
  type PairManifest,
  type UndecodableImage,
} from '@ubt/data';
import type { PairSource } from './domain/pair-source.js';
import { createPassLog, type PassLogOptions } from './pass-log.js';

/** A {@link PairSource} over a manifest on disk. */
export interface DiskPairSource extends PairSource {
  /** Images that could not be decoded so far, by path. */
  readonly undecodable: Map<string, UndecodableImage>;
  /** No batch of a pass reaches over a multiple of this many places in its rows, so passes can be cut there. */
  readonly stretch: number;
  close(): Promise<void>;
}

export interface DiskPairSourceOptions {
  readonly batchSize: number;
  readonly maxUndecodableShare: number;
  /** Folder for decoded pixels, so that later passes need no decoding. */
  readonly cacheDir: string;
  readonly signal: AbortSignal;
  /** Keeps measurements in `cacheDir` for another attempt; unless told, nothing is kept. */
  readonly passes?: Pick<PassLogOptions, 'resume' | 'everySeconds' | 'onSaved'>;
}

/** Images to embed where one is trained on: their activations do not wait for a backward pass. */
const EMBEDDED_PER_TRAINED = 4;
/** Batches between two places at which a pass can be cut: a short batch there costs a compilation. */
const STRETCH_BATCHES = 32;

/** Reads pairs as the checkpoint's model takes them. */
export async function openPairSource(
  manifest: PairManifest,
  { tokenizer, preprocess, config }: Pick<Checkpoint, 'tokenizer' | 'preprocess' | 'config'>,
  { batchSize, maxUndecodableShare, cacheDir, signal, passes }: DiskPairSourceOptions,
): Promise<DiskPairSource> {
  const decodeCache = await createDecodeCache(cacheDir, manifest.total, preprocess.cropSize);
  // Large models embed smaller batches as fast as large ones, in less memory.
  const passSize = Math.min(batchSize, EMBEDDED_PER_TRAINED * imagesPerRun(config));
  const undecodable = new Map<string, UndecodableImage>();
  const options = {
    ...{ tokenizer, preprocess, maxUndecodableShare, decodeCache, signal },
    onUndecodable: (image: UndecodableImage) => undecodable.set(image.imagePath, image),
  };
  const stretch = STRETCH_BATCHES * passSize;
  return {
    length: manifest.usable.length,
    stretch,
    undecodable,
    pass: (rows = [...manifest.usable], from) =>
      pairBatches(manifest, {
        ...options,
        rows,
        batchSize: passSize,
        stretch,
        shareOf: manifest.usable.length,
        ...(from === undefined ? {} : { from }),
      }),
    ...(passes === undefined ? {} : { log: createPassLog({ ...passes, folder: cacheDir, undecodable }) }),
    draw: (rows, seed, size = batchSize): AsyncIterator<PairBatch> =>
      pairBatches(manifest, { ...options, rows, batchSize: size, order: 'endless', seed })[
        Symbol.asyncIterator
      ](),
    captionTokens: (rows) => readCaptionTokens(manifest, tokenizer, rows),
    close: () => decodeCache.close(),
  };
}
