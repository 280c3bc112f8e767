import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openPairs, writeCsv } from '@ubt/data';
import { seededRandom } from '@ubt/engine';
import { BASELINES } from '../../victim-recipe.js';
import type { BenchContext } from '../bench-context.js';
import { scenarioPairs } from '../poisoned-pairs.js';
import type { Scenario } from '../scenarios.js';

/** Pairs in a file, and where their images lie. */
export interface PairsPlace {
  readonly pairs: string;
  readonly roots: readonly string[];
}

/** Writes the clean pairs that a scenario's baselines are given into a folder. */
export async function cleanSubset(
  context: BenchContext,
  scenario: Scenario,
  folder: string,
): Promise<PairsPlace> {
  const { pairs, truth } = await scenarioPairs(context, scenario);
  const subset = join(folder, 'pairs.csv');
  await writeCleanSubset(subset, { pairs, truth, share: BASELINES.cleanShare, seed: scenario.seed });
  return { pairs: subset, roots: [dirname(pairs)] };
}

/**
 * Draws a random share of the pairs from those that are neither poisoned nor wrongly captioned: the clean
 * set that defences by fine-tuning take for granted, at its best.
 *
 * @returns the number of pairs
 */
export async function writeCleanSubset(
  path: string,
  { pairs, truth, share, seed }: { pairs: string; truth: string; share: number; seed: number },
): Promise<number> {
  const manifest = await openPairs(pairs);
  const bad = badRows(await readFile(truth, 'utf8'));
  const candidates = [...manifest.usable].filter((row) => !bad.has(row));
  const count = Math.min(candidates.length, Math.round(share * manifest.usable.length));
  const chosen = seededRandom(seed)
    .shuffle(candidates)
    .slice(0, count)
    .sort((a, b) => a - b);
  const rows = (await manifest.read(chosen)).map(({ imagePath, caption }) => [imagePath, caption] as const);
  return writeCsv(path, ['filepath', 'title'], rows);
}

/** Rows that `truth.csv` (columns `row,poisoned,wrong_caption,…`) marks as either. */
function badRows(truth: string): ReadonlySet<number> {
  const cells = truth
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  return new Set(
    cells.filter(([, poisoned, wrong]) => poisoned === '1' || wrong === '1').map(([row]) => Number(row)),
  );
}
