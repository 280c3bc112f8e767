import { findTokenConsensus, splitBimodal, type ScoredPairs, type TokenEnrichment } from '@ubt/consensus';

/** Share of the most suspicious pairs whose captions must hold a token for them to agree on it. */
const AGREEING_SHARE = 0.2;
/** How much more often than in the corpus the token must stand there. */
const AGREEING_ENRICHMENT = 5;
/** How many standard deviations beyond chance: the classes of a clean data set reach 11. */
const AGREEING_Z_SCORE = 12;

/**
 * Rows of the pairs that the captions of the most suspicious ones point to. Poisoned pairs all name the target, so they
 * agree whatever share of the data they are. At the depth where one token stands out most, the tokens agreed on are
 * taken, and of all pairs that hold one those that score as the poisoned ones do (the upper of two groups): natural
 * pairs of the target are no suspects.
 *
 * @param maxDepth deepest look at the ranking, in pairs
 * @returns empty where no token stands out far beyond chance
 */
export function agreeingSuspects(pairs: ScoredPairs, maxDepth: number): number[] {
  const agreed = new Set(
    findTokenConsensus(pairs, maxDepth)
      .tokens.filter(isAgreed)
      .map(({ token }) => token),
  );
  if (agreed.size === 0) return [];
  const holders = [...pairs.scores.keys()].filter((i) =>
    pairs.tokens.at(i)?.some((token) => agreed.has(token)),
  );
  const threshold = splitBimodal(holders.map((i) => pairs.scores[i] as number));
  return holders.filter((i) => (pairs.scores[i] as number) > threshold).map((i) => pairs.rows[i] as number);
}

function isAgreed({ suspectShare, enrichment, zScore }: TokenEnrichment): boolean {
  return suspectShare >= AGREEING_SHARE && enrichment >= AGREEING_ENRICHMENT && zScore >= AGREEING_Z_SCORE;
}
