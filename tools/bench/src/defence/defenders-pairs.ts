import { dirname, join } from 'node:path';
import { openPairs, writeCsv } from '@ubt/data';
import { seededRandom } from '@ubt/engine';
import { readTruth } from '@ubt/redteam';
import type { BenchContext } from './bench-context.js';
import { pairsKey, scenarioPairs } from './poisoned-pairs.js';
import type { Scenario } from './scenarios.js';

/** The pairs that a defender has. */
export interface DefendersPairs {
  readonly pairs: string;
  readonly truth: string;
  /** Folder that their images lie in. */
  readonly root: string;
}

/** The pairs of a scenario that its defender has: all, or a random share of them. */
export async function defendersPairs(
  context: BenchContext,
  scenario: Scenario,
  share: number | undefined,
): Promise<DefendersPairs> {
  const { pairs, truth } = await scenarioPairs(context, scenario);
  const root = dirname(pairs);
  if (share === undefined) return { pairs, truth, root };
  const { seed } = scenario;
  const cell = await context.store.cell({
    kind: 'shares',
    key: { pairs: pairsKey(context, scenario), share, seed },
    compute: (folder) => writeShare(folder, { pairs, truth, share, seed }),
  });
  return { pairs: join(cell.folder, 'pairs.csv'), truth: join(cell.folder, 'truth.csv'), root };
}

/**
 * Writes `pairs.csv` and `truth.csv` with a random share of the pairs, in their order.
 *
 * @param share in (0, 1]
 * @returns how many there are, and how many of them are poisoned
 */
export async function writeShare(
  folder: string,
  { pairs, truth, share, seed }: { pairs: string; truth: string; share: number; seed: number },
): Promise<{ pairs: number; poisoned: number }> {
  const manifest = await openPairs(pairs);
  const chosen = seededRandom(seed)
    .shuffle([...manifest.usable])
    .slice(0, Math.max(1, Math.round(share * manifest.usable.length)))
    .sort((a, b) => a - b);
  const known = await readTruth(truth);
  const rows = await manifest.read(chosen);
  await writeCsv(
    join(folder, 'pairs.csv'),
    ['filepath', 'title'],
    rows.map(({ imagePath, caption }) => [imagePath, caption]),
  );
  const flags = rows.map(({ row }) => ({
    poisoned: known.poisoned.has(row) ? 1 : 0,
    wrong: known.wrongCaptions.has(row) ? 1 : 0,
  }));
  await writeCsv(
    join(folder, 'truth.csv'),
    ['row', 'poisoned', 'wrong_caption'],
    flags.map(({ poisoned, wrong }, row) => [row, poisoned, wrong]),
  );
  return { pairs: rows.length, poisoned: flags.filter(({ poisoned }) => poisoned === 1).length };
}
