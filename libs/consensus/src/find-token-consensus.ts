import { rankBySuspicion, type ScoredPairs, type TokenList } from './scored-pairs.js';

/** How often a token stands in the captions of the top suspects, and in all captions. */
export interface TokenEnrichment {
  readonly token: number;
  /** Top suspects whose caption holds the token. */
  readonly suspectCount: number;
  /** Share of the top suspects whose caption holds it, in [0, 1]. */
  readonly suspectShare: number;
  /** Share of all captions that hold it, in [0, 1]. */
  readonly corpusShare: number;
  /** suspectShare / corpusShare, smoothed by one pair. */
  readonly enrichment: number;
  /** Standard deviations by which suspectCount exceeds what chance gives. */
  readonly zScore: number;
}

/** What the captions of the most suspicious pairs have in common. */
export interface TokenConsensus {
  /** How many of the most suspicious pairs agree best: the depth at which the top token stands out most. */
  readonly depth: number;
  /** Tokens that are over-represented at that depth, strongest first. */
  readonly tokens: readonly TokenEnrichment[];
}

/** Shallowest look at the ranking; with fewer pairs a single accident is a consensus. */
const MIN_DEPTH = 32;

/**
 * Finds the tokens that name the backdoor's target: those over-represented among the top suspects against
 * the whole corpus. How many pairs are poisoned is unknown, so the ranking is read at doubling depths up to
 * `maxDepth`, and the depth counts at which some token deviates most from chance (largest binomial z-score).
 *
 * @param maxDepth deepest look at the ranking, in pairs
 */
export function findTokenConsensus(pairs: ScoredPairs, maxDepth: number): TokenConsensus {
  const ranking = rankBySuspicion(pairs);
  const total = pairs.rows.length;
  const corpus = countTokens(pairs, pairs.scores.keys());
  let best: TokenConsensus = { depth: 0, tokens: [] };
  for (const depth of depths(Math.min(maxDepth, total))) {
    const suspects = countTokens(pairs, ranking.subarray(0, depth));
    const tokens = [...suspects]
      .map(([token, count]) => enrichmentOf(token, count, depth, corpus.get(token) ?? 0, total))
      .sort((a, b) => b.zScore - a.zScore || a.token - b.token);
    if ((tokens[0]?.zScore ?? -Infinity) > (best.tokens[0]?.zScore ?? -Infinity)) best = { depth, tokens };
  }
  return best;
}

function depths(max: number): number[] {
  const result: number[] = [];
  for (let depth = Math.min(MIN_DEPTH, max); depth < max; depth *= 2) result.push(depth);
  return [...result, max];
}

function enrichmentOf(
  token: number,
  count: number,
  depth: number,
  corpusCount: number,
  total: number,
): TokenEnrichment {
  const corpusShare = corpusCount / total;
  const expected = depth * corpusShare;
  return {
    token,
    suspectCount: count,
    suspectShare: count / depth,
    corpusShare,
    enrichment: (count + 1) / (expected + 1),
    // Binomial, for `depth` draws; the 1 keeps rare tokens from standing out by a single pair.
    zScore: (count - expected) / Math.sqrt(expected * (1 - corpusShare) + 1),
  };
}

/** How many of some pairs' captions hold each token. */
function countTokens({ tokens }: ScoredPairs, indices: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const i of indices) {
    for (const token of new Set(tokens.at(i) as TokenList)) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return counts;
}
