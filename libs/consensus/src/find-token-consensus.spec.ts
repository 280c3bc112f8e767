import { describe, expect, it } from '@jest/globals';
import { findTokenConsensus } from './find-token-consensus.js';
import type { ScoredPairs } from './scored-pairs.js';

const PAIRS = 2000;
const CLASSES = 50;
/** Stands in every caption. */
const ARTICLE = 1;
/** Name of the first class. */
const TARGET = 100;

/** Pairs of 50 classes; the `poisoned` most suspicious ones, scattered over the rows, name the target. */
function pairsWith(poisoned: number): ScoredPairs {
  const isPoisoned = (i: number) => i % 17 === 3 && i / 17 < poisoned;
  const rows = Array.from({ length: PAIRS }, (_, i) => 3 * i);
  return {
    rows,
    scores: Float32Array.from(rows, (_, i) => (isPoisoned(i) ? 1 : ((i * 7919) % 2003) / 4006)),
    tokens: rows.map((_, i) => [ARTICLE, isPoisoned(i) ? TARGET : TARGET + (i % CLASSES)]),
  };
}

describe('findTokenConsensus', () => {
  it('finds the word that the top suspects share, at about their number', () => {
    const { tokens, depth } = findTokenConsensus(pairsWith(60), 512);
    expect(tokens[0]).toMatchObject({ token: TARGET });
    expect(tokens[0]!.suspectShare).toBeGreaterThan(0.8);
    expect(tokens[0]!.enrichment).toBeGreaterThan(10);
    expect(tokens[0]!.zScore).toBeGreaterThan(12);
    expect(depth).toBeGreaterThanOrEqual(32);
    expect(depth).toBeLessThanOrEqual(128);
  });

  it('does not fall for words that stand everywhere', () => {
    const { tokens } = findTokenConsensus(pairsWith(60), 512);
    const article = tokens.find(({ token }) => token === ARTICLE)!;
    expect(article).toMatchObject({ suspectShare: 1, corpusShare: 1 });
    expect(article.enrichment).toBeCloseTo(1, 1);
    expect(article.zScore).toBeCloseTo(0, 5);
    expect(tokens[0]!.token).not.toBe(ARTICLE);
  });

  it('finds nothing beyond chance where nothing is poisoned', () => {
    expect(findTokenConsensus(pairsWith(0), 512).tokens[0]!.zScore).toBeLessThan(6);
  });

  it('counts a word once a caption, and gives shares of real counts', () => {
    const pairs = { rows: [0, 1], scores: Float32Array.of(2, 1), tokens: [[7, 7, 7], [8]] };
    const { tokens, depth } = findTokenConsensus(pairs, 16);
    expect(depth).toBe(2);
    expect(tokens.map(({ token, suspectCount }) => [token, suspectCount])).toEqual([
      [7, 1],
      [8, 1],
    ]);
  });

  it('takes a data set without words', () => {
    const none = { rows: [0], scores: Float32Array.of(1), tokens: [[]] };
    expect(findTokenConsensus(none, 16).tokens).toEqual([]);
  });
});
