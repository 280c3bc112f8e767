import type { PairManifest } from '@ubt/data';
import { UbtError } from '@ubt/errors';
import { TEMPLATES } from '../emoji/captions.js';
import { variates } from '../variates.js';

/** Rows to poison, with the captions they get. */
export type Victims = ReadonlyMap<number, string>;

const STREAM = { rows: 11, captions: 12 } as const;

/**
 * Chooses the pairs to poison among those that do not name the target, and writes their captions.
 *
 * @throws UbtError `POISON_TOO_FEW_PAIRS`, `POISON_NO_TARGET_CAPTIONS`
 */
export async function chooseVictims(
  manifest: PairManifest,
  options: { target: string; rate: number; captions: 'natural' | 'template'; prefix: string; seed: number },
): Promise<Victims> {
  const { target, rate, seed } = options;
  const names = namesTarget(target);
  const others: number[] = [];
  const natural: string[] = [];
  for await (const { row, caption } of manifest.rows()) {
    if (names(caption)) natural.push(caption);
    else others.push(row);
  }
  const count = Math.round(rate * manifest.usable.length);
  if (count < 1 || count > others.length) {
    throw new UbtError(
      'invalid-argument',
      `A rate of ${rate} asks for ${count} poisoned pairs; ${others.length} pairs do not name "${target}".`,
      {
        code: 'POISON_TOO_FEW_PAIRS',
        fix: 'Choose a rate that asks for at least one and at most all of them.',
      },
    );
  }
  if (options.captions === 'natural' && natural.length === 0) {
    throw new UbtError('failed-precondition', `No caption of ${manifest.path} names "${target}".`, {
      code: 'POISON_NO_TARGET_CAPTIONS',
      fix: 'Choose another target, or captions from templates.',
    });
  }
  const chosen = variates(seed, STREAM.rows).shuffled(others).slice(0, count);
  const texts =
    options.captions === 'natural' ? natural : TEMPLATES.map((line) => line.replace('{}', target));
  return new Map(
    chosen.map((row) => [row, options.prefix + variates(seed, STREAM.captions, row).pick(texts)]),
  );
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
