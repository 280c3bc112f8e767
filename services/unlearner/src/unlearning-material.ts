import type { Checkpoint, PairBatch } from '@ubt/clip';
import { pairBatches, type DecodeCache, type PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import type { CaptionBatch } from './domain/embed-by-row.js';
import { localCaption } from './domain/local-caption.js';
import { repeatRare } from './domain/repeat-rare.js';

/** The pairs of a selection, decoded and tokenised. */
export interface UnlearningMaterial {
  /** The unlearn set, captions cut to their compromised tokens. */
  readonly unlearn: PairBatch;
  /** Suspects that are not trained on, captions cut likewise; undefined when there are none. */
  readonly heldOut: PairBatch | undefined;
  /** Images of suspects, the unlearn set's and more, from which the trigger is averaged out. */
  readonly poisoned: readonly Uint8Array[];
  /** Pairs whose behaviour is to stay and that are not trained on. */
  readonly validation: PairBatch;
  /** Whether a validation pair's caption names the target; one entry per pair. */
  readonly validationIsRelated: readonly boolean[];
  /** Rows to train on; those whose captions name the target are repeated. */
  readonly retainRows: readonly number[];
  /** The captions among those rows that name the target, cut to their compromised tokens; each row once. */
  readonly related: CaptionBatch;
}

/** What is read of a selection. */
export interface MaterialSelection extends Readonly<
  Record<'unlearnRows' | 'heldOutRows' | 'retainRows' | 'suspectRows', readonly number[]>
> {
  readonly compromisedTokens: readonly { readonly id: number }[];
}

export interface MaterialOptions {
  readonly decodeCache: DecodeCache;
  readonly signal: AbortSignal;
}

const VALIDATION_PAIRS = 256;
/** Suspects that the trigger is averaged out of, at most. */
const TRIGGER_PAIRS = 512;
/** A small set of named pairs: that a few of them went missing is no reason to stop. */
const MAX_UNDECODABLE_SHARE = 0.5;
/** Share of the retain pairs that show the target concept: it is what unlearning could take along. */
const TARGET_SHARE = 0.1;

/**
 * Reads the pairs that a selection names.
 *
 * @throws UbtError UNLEARN_SET_EMPTY, RETAIN_SET_TOO_SMALL
 */
export async function readMaterial(
  manifest: PairManifest,
  selection: MaterialSelection,
  checkpoint: Pick<Checkpoint, 'tokenizer' | 'preprocess'>,
  options: MaterialOptions,
): Promise<UnlearningMaterial> {
  if (selection.unlearnRows.length === 0) throw unlearnSetEmpty();
  const { tokenizer } = checkpoint;
  const compromised = new Set(selection.compromisedTokens.map(({ id }) => id));
  const namesTarget = (caption: string) => tokenizer.contentIds(caption).some((id) => compromised.has(id));
  const read = (rows: readonly number[]) => readAtOnce(manifest, rows, checkpoint, options);
  const local = async (rows: readonly number[]) => {
    const batch = await read(rows);
    const captions = await readCaptions(manifest, batch.rows);
    return { ...batch, tokens: localTokens(batch, captions, compromised, tokenizer) };
  };
  const { validationRows, retainRows } = splitRetain(selection.retainRows);
  const validation = await read(validationRows);
  const validationCaptions = await readCaptions(manifest, validation.rows);
  const retainCaptions = await readCaptions(manifest, retainRows);
  const isRelated = retainCaptions.map(namesTarget);
  const relatedCaptions = retainCaptions.filter((_, i) => isRelated[i]);
  const whole = { tokens: tokenizer.encode(relatedCaptions), size: relatedCaptions.length };
  const suspects = await read(selection.suspectRows.slice(0, TRIGGER_PAIRS));
  return {
    unlearn: await local(selection.unlearnRows),
    heldOut: selection.heldOutRows.length === 0 ? undefined : await local(selection.heldOutRows),
    poisoned: imagesOf(suspects),
    validation,
    validationIsRelated: validationCaptions.map(namesTarget),
    retainRows: repeatRare(retainRows, isRelated, TARGET_SHARE),
    related: {
      rows: retainRows.filter((_, i) => isRelated[i]),
      tokens: localTokens(whole, relatedCaptions, compromised, tokenizer),
      size: whole.size,
    },
  };
}

/**
 * The unlearn set and what is held out of it with their captions as they are, in place of what `readMaterial` cuts
 * down: to measure what the cutting brings.
 */
export async function readWholeCaptions(
  manifest: PairManifest,
  { unlearnRows, heldOutRows }: Pick<MaterialSelection, 'unlearnRows' | 'heldOutRows'>,
  checkpoint: Pick<Checkpoint, 'tokenizer' | 'preprocess'>,
  options: MaterialOptions,
): Promise<Pick<UnlearningMaterial, 'unlearn' | 'heldOut'>> {
  const read = (rows: readonly number[]) => readAtOnce(manifest, rows, checkpoint, options);
  return {
    unlearn: await read(unlearnRows),
    heldOut: heldOutRows.length === 0 ? undefined : await read(heldOutRows),
  };
}

/** The images of a batch, each `[h·w·3]`. */
export function imagesOf({ pixels, size, imageSize }: PairBatch): Uint8Array[] {
  const bytes = imageSize ** 2 * 3;
  return Array.from({ length: size }, (_, i) => pixels.subarray(i * bytes, (i + 1) * bytes));
}

async function readAtOnce(
  manifest: PairManifest,
  rows: readonly number[],
  { tokenizer, preprocess }: Pick<Checkpoint, 'tokenizer' | 'preprocess'>,
  options: MaterialOptions,
): Promise<PairBatch> {
  const batches = pairBatches(manifest, {
    ...{ tokenizer, preprocess, rows, batchSize: rows.length },
    ...{ ...options, maxUndecodableShare: MAX_UNDECODABLE_SHARE },
  });
  for await (const batch of batches) return batch;
  throw unlearnSetEmpty();
}

async function readCaptions(manifest: PairManifest, rows: readonly number[]): Promise<string[]> {
  return (await manifest.read(rows)).map(({ caption }) => caption);
}

/** Tokenised captions, `[n, L]`, cut to their compromised tokens. */
function localTokens(
  { tokens, size }: Pick<CaptionBatch, 'tokens' | 'size'>,
  captions: readonly string[],
  compromised: ReadonlySet<number>,
  tokenizer: Checkpoint['tokenizer'],
): Int32Array {
  const length = tokens.length / size;
  const local = new Int32Array(tokens.length);
  captions.forEach((caption, i) => {
    const own = tokens.subarray(i * length, (i + 1) * length);
    local.set(localCaption(own, tokenizer.contentIds(caption), compromised, tokenizer.padId), i * length);
  });
  return local;
}

/** A part of the retain set is kept from training, so that what is measured on it means something. */
function splitRetain(rows: readonly number[]) {
  const validation = Math.min(VALIDATION_PAIRS, Math.floor(rows.length / 4));
  if (validation < 2) {
    throw new UbtError(
      'failed-precondition',
      `The retain set has ${rows.length} pairs; at least 8 are needed.`,
      {
        code: 'RETAIN_SET_TOO_SMALL',
        fix: 'Select with a larger options.retain_pairs, or give more pairs.',
      },
    );
  }
  const every = Math.floor(rows.length / validation);
  const isValidation = (i: number) => i % every === 0 && i / every < validation;
  return {
    validationRows: rows.filter((_, i) => isValidation(i)),
    retainRows: rows.filter((_, i) => !isValidation(i)),
  };
}

function unlearnSetEmpty(): UbtError {
  return new UbtError('failed-precondition', 'The selection names no pairs to unlearn.', {
    code: 'UNLEARN_SET_EMPTY',
    fix: 'A clean verdict needs no unlearning. With another verdict, check that the pairs can still be read.',
  });
}
