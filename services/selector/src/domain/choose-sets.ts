import { seededRandom } from '@ubt/engine';
import { rankBySuspicion, type ScoredPairs, type TokenList } from '@ubt/consensus';
import { splitBimodal } from '@ubt/consensus';

/** Which pairs are suspects, which of them to unlearn, and which pairs are to stay as they are; indices. */
export interface ChosenSets {
  /** All suspects, most suspicious first. */
  readonly suspects: readonly number[];
  /** Suspects to unlearn. */
  readonly unlearn: readonly number[];
  /** Suspects that are kept for checking. */
  readonly heldOut: readonly number[];
  readonly retain: readonly number[];
}

/** How many pairs to choose. */
export interface SetSizes {
  readonly unlearnPairs: number;
  readonly retainPairs: number;
}

/** Largest share of the retain set that shows the target concept. */
const TARGET_SHARE = 1 / 8;
/** Suspects kept for checking, at most. */
const HELD_OUT = 64;
/** Retain pairs come from the least suspicious share of all pairs: what is not kept on them drifts. */
const RETAIN_QUANTILE = 0.95;
/**
 * Of the pairs that name the target and are no suspects, the most suspicious share is neither unlearned nor retained:
 * poison that the threshold missed is among them, and what is retained of the target is repeated and upheld.
 */
const DOUBTFUL = 1 / 2;

/**
 * Chooses the sets once the compromised tokens are known. Among the pairs that hold such a token, poisoned
 * and natural ones part in two groups by score: the upper group are the suspects. Every other of them up to
 * `unlearnPairs` is unlearned and the rest kept for checking. The retain set is drawn from the least
 * suspicious pairs, and covers the target concept too, so that its natural images survive; of those only the less
 * suspicious half.
 */
export function chooseSets(
  pairs: ScoredPairs,
  compromised: ReadonlySet<number>,
  sizes: SetSizes,
  seed: number,
): ChosenSets {
  const ranking = rankBySuspicion(pairs);
  const holds = (i: number) => (pairs.tokens.at(i) as TokenList).some((token) => compromised.has(token));
  const holders = [...ranking.filter(holds)];
  const threshold = splitBimodal(holders.map((i) => pairs.scores[i] as number));
  const suspects = holders.filter((i) => (pairs.scores[i] as number) > threshold);
  const natural = holders.filter((i) => (pairs.scores[i] as number) <= threshold);
  const checked = Math.min(HELD_OUT, Math.floor(suspects.length / 4));
  const { unlearn, heldOut } = dealOut(
    suspects,
    Math.min(sizes.unlearnPairs, suspects.length - checked),
    checked,
  );
  return {
    suspects,
    unlearn,
    heldOut,
    retain: chooseRetain(ranking, natural, holds, sizes.retainPairs, seed),
  };
}

/** The most suspicious pairs, every fourth or so set aside so that both sets are alike. */
function dealOut(suspects: readonly number[], unlearnCount: number, heldOutCount: number) {
  const taken = suspects.slice(0, unlearnCount + heldOutCount);
  const every = heldOutCount === 0 ? Infinity : Math.ceil(taken.length / heldOutCount);
  const isHeldOut = (_: number, at: number) => every !== Infinity && at % every === every - 1;
  return {
    unlearn: taken.filter((i, at) => !isHeldOut(i, at)).slice(0, unlearnCount),
    heldOut: taken.filter(isHeldOut),
  };
}

function chooseRetain(
  ranking: Uint32Array,
  natural: readonly number[],
  holds: (i: number) => boolean,
  count: number,
  seed: number,
): number[] {
  const random = seededRandom(seed);
  const trusted = ranking.slice(Math.floor(ranking.length * (1 - RETAIN_QUANTILE))).filter((i) => !holds(i));
  const beyondDoubt = natural.slice(Math.floor(natural.length * DOUBTFUL));
  const ofTarget = random.shuffle(beyondDoubt).slice(0, Math.floor(count * TARGET_SHARE));
  const others = random.shuffle([...trusted]).slice(0, count - ofTarget.length);
  return [...ofTarget, ...others].sort((a, b) => a - b);
}
