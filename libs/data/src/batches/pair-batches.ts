import { UbtError } from '@ubt/errors';
import type { BatchPosition, PairBatch } from '@ubt/clip';
import type { PairManifest, PairRow, RowShare } from '../pairs/pair-manifest.js';
import { decodeBatches, type DecodeOptions, type DecodedBatch } from './decode-batches.js';
import { prefetch } from './prefetch.js';
import { shuffled } from './shuffled.js';

/** What batching needs of a tokenizer. */
export interface CaptionEncoder {
  /** Token ids `[captions.length, contextLength]`. */
  encode(captions: string[]): Int32Array;
}

/** Options of {@link pairBatches}. */
export interface PairBatchOptions extends DecodeOptions {
  readonly tokenizer: CaptionEncoder;
  /** Rows to visit; default all usable ones. They may repeat. */
  readonly rows?: readonly number[] | Uint32Array;
  /**
   * `file` visits rows as given, `shuffled` in a random order decided by `seed`, `endless` in one random
   * order after the other without end, in full batches only; default `file`.
   */
  readonly order?: 'file' | 'shuffled' | 'endless';
  readonly seed?: number;
  /**
   * What happens to a last batch that is not full: `keep` gives it as it is, `drop` leaves it out, `pad`
   * fills it with its own pairs again, so that every batch has the same shape (their rows are repeated
   * too). Default `keep`.
   */
  readonly last?: 'keep' | 'drop' | 'pad';
  /**
   * No batch reaches over a multiple of this many places in the rows, so that whoever reads the stretch between two
   * of them gets the batches that a reading of everything has there, undecodable images or not. A multiple of
   * `batchSize`; without bound unless told.
   */
  readonly stretch?: number;
  /** Visits only this part of the rows; readers with the same `count` never meet and miss none. */
  readonly share?: RowShare;
  /** Goes on where an earlier reading of the same rows, order, seed and share stood: {@link PairBatch.next}. */
  readonly from?: BatchPosition;
}

const BATCHES_AHEAD = 2;
const FIRST: BatchPosition = { pass: 0, place: 0 };

/**
 * Reads pairs batch by batch, decoding the next ones while the caller works on one. Memory does not grow
 * with the number of pairs. Undecodable images are left out and their places filled by the next pairs.
 *
 * @throws UbtError `TOO_MANY_UNDECODABLE`, `PATH_OUTSIDE_ROOTS`, `PAIRS_ROW_UNKNOWN`, `ROW_SHARE_INVALID`,
 *   `CANCELLED`
 */
export async function* pairBatches(
  manifest: PairManifest,
  options: PairBatchOptions,
): AsyncGenerator<PairBatch> {
  const rows = shareOf(Uint32Array.from(options.rows ?? manifest.usable), options.share);
  const batches = decodeBatches(
    readItems(manifest, rows, options),
    rows.length,
    (item, limits) => manifest.readImage(item, limits),
    options,
  );
  for await (const decoded of prefetch(batches, BATCHES_AHEAD)) {
    const isShort = decoded.items.length < options.batchSize;
    if (isShort && options.last === 'drop') return;
    yield toPairBatch(decoded, isShort && options.last === 'pad' ? options.batchSize : undefined, options);
  }
}

type Item = PairRow & {
  readonly slot: number;
  readonly next: BatchPosition;
  readonly endsStretch: boolean;
};

async function* readItems(
  manifest: PairManifest,
  rows: Uint32Array,
  { order = 'file', seed = 0, batchSize, stretch = Infinity, from: start = FIRST }: PairBatchOptions,
): AsyncGenerator<Item> {
  for (let pass = start.pass; pass === 0 || (order === 'endless' && rows.length > 0); pass++) {
    const ordered = order === 'file' ? rows : shuffled(rows, seed + pass);
    const first = pass === start.pass ? start.place : 0;
    for (let from = first; from < ordered.length; from += batchSize) {
      const read = await manifest.read([...ordered.subarray(from, from + batchSize)]);
      for (const [at, row] of read.entries()) {
        const place = from + at + 1;
        yield { ...row, slot: row.row, next: { pass, place }, endsStretch: place % stretch === 0 };
      }
    }
  }
}

function toPairBatch(
  { items, pixels }: DecodedBatch<Item>,
  padTo: number | undefined,
  { tokenizer, preprocess }: PairBatchOptions,
): PairBatch {
  const size = padTo ?? items.length;
  const filled = Array.from({ length: size }, (_, at) => items[at % items.length]!);
  return {
    rows: filled.map(({ row }) => row),
    pixels: padTo === undefined ? pixels : repeatTo(pixels, size * preprocess.cropSize ** 2 * 3),
    tokens: tokenizer.encode(filled.map(({ caption }) => caption)),
    size,
    imageSize: preprocess.cropSize,
    next: items.at(-1)!.next,
  };
}

function repeatTo(pixels: Uint8Array, length: number): Uint8Array {
  const repeated = new Uint8Array(length);
  for (let at = 0; at < length; at += pixels.length) {
    repeated.set(pixels.subarray(0, Math.min(pixels.length, length - at)), at);
  }
  return repeated;
}

/** Every `count`-th row, so that all parts are of nearly one size wherever the rows come from. */
function shareOf(rows: Uint32Array, share: RowShare | undefined): Uint32Array {
  if (share === undefined) return rows;
  if (!(share.count >= 1 && share.index >= 0 && share.index < share.count)) {
    throw new UbtError('invalid-argument', `There is no part ${share.index} of ${share.count}.`, {
      code: 'ROW_SHARE_INVALID',
      fix: 'Count parts from 0, and have at least one.',
    });
  }
  return rows.filter((_, at) => at % share.count === share.index);
}
