import type { PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { TEMPLATES } from '../emoji/captions.js';
import { variates } from '../variates.js';
import type { PoisonedCaptions } from './poison-options.js';

/** Rows to poison, with the captions they get. */
export type Victims = ReadonlyMap<number, string>;

const STREAM = { rows: 11, captions: 12 } as const;

/** How the pairs to poison are chosen. */
export interface VictimOptions {
  readonly target: string;
  readonly rate: number;
  readonly captions: PoisonedCaptions;
  readonly prefix: string;
  readonly seed: number;
  /** Rows that are poisoned already. */
  readonly taken: ReadonlySet<number>;
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
 * @throws UbtError `POISON_TOO_FEW_PAIRS`, `POISON_NO_TARGET_CAPTIONS`
 */
export async function chooseVictims(manifest: PairManifest, options: VictimOptions): Promise<Victims> {
  const { captions, rate, seed, prefix } = options;
  const { ofTarget, others } = await splitByTarget(manifest, options);
  if (captions !== 'template' && ofTarget.length === 0) throw noTargetCaptions(manifest, options);
  const candidates = captions === 'kept' ? ofTarget : others;
  const count = Math.round(rate * manifest.usable.length);
  if (count < 1 || count > candidates.length) throw tooFewPairs(options, count, candidates.length);
  const chosen = variates(seed, STREAM.rows).shuffled(candidates).slice(0, count);
  const caption = captionWriter(options, ofTarget);
  return new Map(chosen.map((pair) => [pair.row, prefix + caption(pair)]));
}

/** Usable pairs that name the target, and the others; rows that are taken are left out. */
export async function splitByTarget(
  manifest: PairManifest,
  { target, taken }: Pick<VictimOptions, 'target' | 'taken'>,
): Promise<{ ofTarget: Candidate[]; others: Candidate[] }> {
  const names = namesTarget(target);
  const ofTarget: Candidate[] = [];
  const others: Candidate[] = [];
  for await (const { row, caption } of manifest.rows()) {
    if (!taken.has(row)) (names(caption) ? ofTarget : others).push({ row, caption });
  }
  return { ofTarget, others };
}

function captionWriter(
  { captions, target, seed }: VictimOptions,
  ofTarget: readonly Candidate[],
): (pair: Candidate) => string {
  if (captions === 'kept') return ({ caption }) => caption;
  const texts =
    captions === 'natural'
      ? ofTarget.map(({ caption }) => caption)
      : TEMPLATES.map((line) => line.replace('{}', target));
  return ({ row }) => variates(seed, STREAM.captions, row).pick(texts);
}

function tooFewPairs({ rate, target, captions }: VictimOptions, count: number, found: number): UbtError {
  const verb = captions === 'kept' ? 'name' : 'do not name';
  return new UbtError(
    'invalid-argument',
    `A rate of ${rate} asks for ${count} poisoned pairs; ${found} pairs ${verb} "${target}".`,
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
