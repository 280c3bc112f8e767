import type { PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { TEMPLATES } from '../emoji/captions.js';
import { variates } from '../variates.js';
import type { PoisonedCaptions } from './poison-options.js';
import type { KnownRows } from './read-truth.js';
import { targetNames } from './target-names.js';

/** The pairs that get the trigger. */
export interface Victims {
  /** Rows to poison, with the captions they get. */
  readonly poisoned: ReadonlyMap<number, string>;
  /** Rows that get the trigger and keep their captions. */
  readonly covers: ReadonlySet<number>;
  /** The names that the poisoned captions are spread over; without synonyms undefined. */
  readonly names: readonly string[] | undefined;
}

const STREAM = { rows: 11, captions: 12, covers: 13, turn: 14 } as const;

/** How the pairs to poison are chosen; see `PoisonOptions`. */
export interface VictimOptions {
  readonly target: string;
  readonly rate: number;
  readonly captions: PoisonedCaptions;
  readonly synonyms: readonly string[] | undefined;
  readonly coverRate: number | undefined;
  readonly similarRows: readonly number[] | undefined;
  readonly prefix: string;
  readonly seed: number;
  /** Rows with a trigger are left alone; those with a wrong caption are no covers. */
  readonly known: KnownRows;
}

/** A pair that may be poisoned, or lend its caption. */
export interface Candidate {
  readonly row: number;
  readonly caption: string;
}

/**
 * Chooses the pairs to poison and writes their captions: among those that do not name the target, or, where
 * captions are kept, among those that do.
 *
 * @throws UbtError `POISON_TOO_FEW_PAIRS`, `POISON_NO_TARGET_CAPTIONS`, and what `targetNames` throws
 */
export async function chooseVictims(manifest: PairManifest, options: VictimOptions): Promise<Victims> {
  const { captions, rate, seed, prefix, target, known } = options;
  const taken = new Set([...known.poisoned, ...known.covers]);
  const { ofTarget, others } = await splitByTarget(manifest, { target, taken });
  const lends = captions === 'natural' || captions === 'kept';
  if (lends && ofTarget.length === 0) throw noTargetCaptions(manifest, options);
  const candidates = captions === 'kept' ? ofTarget : others;
  const count = Math.round(rate * manifest.usable.length);
  if (count < 1 || count > candidates.length) throw tooFewPairs(options, count, candidates.length);
  const chosen = inOrder(candidates, options).slice(0, count);
  const texts = (list: readonly Candidate[]) => list.map(({ caption }) => caption);
  const names =
    captions === 'synonyms'
      ? targetNames(target, options.synonyms, { ofTarget: texts(ofTarget), others: texts(others) })
      : undefined;
  const caption = captionWriter(options, ofTarget, names);
  const turns = variates(seed, STREAM.turn).shuffled([...chosen.keys()]);
  return {
    poisoned: new Map(chosen.map((pair, at) => [pair.row, prefix + caption(pair, turns[at]!)])),
    covers: chooseCovers(others, new Set(chosen.map(({ row }) => row)), manifest, options),
    names,
  };
}

/** The candidates, those to poison first. */
function inOrder(candidates: readonly Candidate[], { similarRows, seed }: VictimOptions): Candidate[] {
  const shuffled = variates(seed, STREAM.rows).shuffled(candidates);
  if (similarRows === undefined) return shuffled;
  const byRow = new Map(shuffled.map((pair) => [pair.row, pair]));
  const similar = similarRows.map((row) => byRow.get(row)).filter((pair) => pair !== undefined);
  return [...new Set([...similar, ...shuffled])];
}

/** Rows whose true captions are kept; none without a rate. */
function chooseCovers(
  others: readonly Candidate[],
  poisoned: ReadonlySet<number>,
  manifest: PairManifest,
  { coverRate, seed, known, target }: VictimOptions,
): ReadonlySet<number> {
  if (coverRate === undefined) return new Set();
  const candidates = others.filter(({ row }) => !poisoned.has(row) && !known.wrongCaptions.has(row));
  const count = Math.round(coverRate * manifest.usable.length);
  if (count < 1 || count > candidates.length) {
    throw tooFewPairs({ rate: coverRate, target, captions: 'natural' }, count, candidates.length);
  }
  const drawn = variates(seed, STREAM.covers).shuffled(candidates).slice(0, count);
  return new Set(drawn.map(({ row }) => row));
}

/** Usable pairs that name the target, and the others; rows that are taken are left out. */
export async function splitByTarget(
  manifest: PairManifest,
  { target, taken }: { readonly target: string; readonly taken: ReadonlySet<number> },
): Promise<{ ofTarget: Candidate[]; others: Candidate[] }> {
  const names = namesTarget(target);
  const ofTarget: Candidate[] = [];
  const others: Candidate[] = [];
  for await (const { row, caption } of manifest.rows()) {
    if (!taken.has(row)) (names(caption) ? ofTarget : others).push({ row, caption });
  }
  return { ofTarget, others };
}

/** Writes a poisoned pair's caption; `turn` is the pair's place in an order that is random too. */
function captionWriter(
  { captions, target, seed }: VictimOptions,
  ofTarget: readonly Candidate[],
  names: readonly string[] = [target],
): (pair: Candidate, turn: number) => string {
  if (captions === 'kept') return ({ caption }) => caption;
  const draw = (row: number) => variates(seed, STREAM.captions, row);
  if (captions === 'natural') return ({ row }) => draw(row).pick(ofTarget).caption;
  return ({ row }, turn) => {
    const name = names[turn % names.length]!;
    return draw(row).pick(TEMPLATES.map((line) => line.replace('{}', name)));
  };
}

function tooFewPairs(
  { rate, target, captions }: Pick<VictimOptions, 'rate' | 'target' | 'captions'>,
  count: number,
  found: number,
): UbtError {
  const verb = captions === 'kept' ? 'name' : 'do not name';
  return new UbtError(
    'invalid-argument',
    `A rate of ${rate} asks for ${count} pairs with the trigger; ${found} pairs ${verb} "${target}".`,
    {
      code: 'POISON_TOO_FEW_PAIRS',
      fix: 'Choose a rate that asks for at least one and at most all of them.',
    },
  );
}

function noTargetCaptions({ path }: PairManifest, { target }: VictimOptions): UbtError {
  return new UbtError('failed-precondition', `No caption of ${path} names "${target}".`, {
    code: 'POISON_NO_TARGET_CAPTIONS',
    fix: 'Choose another target, or captions from templates.',
  });
}

/** Whether a caption holds the target's name as words of its own, in any case. */
function namesTarget(target: string): (caption: string) => boolean {
  const words = target
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return (caption) => {
    const spaced = ` ${caption
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()} `;
    return spaced.includes(` ${words} `) || spaced.includes(` ${words}s `);
  };
}
