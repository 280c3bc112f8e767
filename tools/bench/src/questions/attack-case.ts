import { UbtError } from '@ubt/errors';
import { ATTACKS, type Attack } from '../defence/scenarios.js';

/** An attack at a rate of the red team, in per cent. @throws UbtError `QUESTION_ATTACK_UNKNOWN` */
export function attackAt(kind: string, percent: number): Attack {
  const found = ATTACKS.find(({ name }) => name === `${kind}-${percent}`);
  if (found !== undefined) return found;
  throw new UbtError('invalid-argument', `There is no attack ${kind} at ${percent} %.`, {
    code: 'QUESTION_ATTACK_UNKNOWN',
    fix: 'See the attacks and rates in "npm run bench:defence -- --help".',
  });
}

/** Every pairing of an item with a seed, seeds changing fastest. */
export function withSeeds<Item, Result>(
  items: readonly Item[],
  seeds: readonly number[],
  make: (item: Item, seed: number) => Result,
): Result[] {
  return items.flatMap((item) => seeds.map((seed) => make(item, seed)));
}
