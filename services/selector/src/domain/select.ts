import {
  findTokenConsensus,
  rankBySuspicion,
  type ScoredPairs,
  type TokenConsensus,
  type TokenEnrichment,
  type TokenList,
} from '@ubt/consensus';
import { chooseSets, type SetSizes } from './choose-sets.js';
import { meanPairwiseCosine } from './image-collapse.js';
import { judge, type Judgement } from './verdict.js';

/** Images of some pairs, embedded by the suspect model. */
export interface ImageSample {
  /** Manifest rows of the most suspicious pairs, whose embeddings come first. */
  readonly suspectRows: readonly number[];
  /** Manifest rows drawn at random, whose embeddings follow. */
  readonly randomRows: readonly number[];
  /** Unit-norm embeddings `[suspectRows + randomRows, dimension]`, row-major. */
  readonly embeddings: Float32Array;
  readonly dimension: number;
}

export interface SelectSettings extends SetSizes {
  /** How deep the token consensus looks into the ranking, in pairs. */
  readonly topSuspects: number;
  readonly seed: number;
}

/** The verdict, and what to unlearn if there is a backdoor. */
export interface SelectionOutcome extends Judgement {
  readonly compromised: readonly TokenEnrichment[];
  /** Manifest rows. Without a backdoor there is nothing to unlearn and all four are empty. */
  readonly unlearnRows: readonly number[];
  readonly heldOutRows: readonly number[];
  readonly retainRows: readonly number[];
  readonly suspectRows: readonly number[];
}

/** A token is compromised when at least this share as many suspects hold it as hold the strongest token … */
const COMPROMISED_SHARE = 0.5;
/** … and it is this much more frequent there than in the corpus. */
const COMPROMISED_ENRICHMENT = 5;

/**
 * Judges the suspects and picks what to unlearn (reconstruction of the selection step of arXiv 2409.19526,
 * "select fewer unlearned samples from suspicious samples", with the token consensus as its criterion).
 *
 * @param describe text of a token id
 */
export function select(
  pairs: ScoredPairs,
  sample: ImageSample,
  settings: SelectSettings,
  describe: (token: number) => string,
): SelectionOutcome {
  const consensus = findTokenConsensus(pairs, settings.topSuspects);
  const top = consensus.tokens[0];
  const judgement = judge({
    consensus,
    topToken: top && describe(top.token),
    ...imageCosines(pairs, sample, consensus),
  });
  const isClean = judgement.verdict === 'clean';
  const compromised = isClean ? [] : consensus.tokens.filter((token) => isCompromised(token, top));
  if (compromised.length === 0) {
    return { ...judgement, compromised, unlearnRows: [], heldOutRows: [], retainRows: [], suspectRows: [] };
  }
  const tokens = new Set(compromised.map(({ token }) => token));
  const sets = chooseSets(pairs, tokens, settings, settings.seed);
  const rows = (indices: readonly number[]) => indices.map((i) => pairs.rows[i] as number);
  return {
    ...judgement,
    compromised,
    unlearnRows: rows(sets.unlearn),
    heldOutRows: rows(sets.heldOut),
    retainRows: rows(sets.retain),
    suspectRows: rows(sets.suspects),
  };
}

/** Words that only go along with the target in some captions, such as its kind, are nobody's target. */
function isCompromised(
  { suspectShare, enrichment }: TokenEnrichment,
  top: TokenEnrichment | undefined,
): boolean {
  return suspectShare >= COMPROMISED_SHARE * (top?.suspectShare ?? 0) && enrichment >= COMPROMISED_ENRICHMENT;
}

/** Mean pairwise cosines of the images that agree with the consensus, and of random ones. */
function imageCosines(pairs: ScoredPairs, sample: ImageSample, consensus: TokenConsensus) {
  const top = consensus.tokens[0]?.token;
  const agreeing = new Set(
    [...rankBySuspicion(pairs).subarray(0, consensus.depth)]
      .filter((i) => top !== undefined && (pairs.tokens.at(i) as TokenList).includes(top))
      .map((i) => pairs.rows[i] as number),
  );
  const suspects = [...sample.suspectRows.keys()].filter((i) =>
    agreeing.has(sample.suspectRows[i] as number),
  );
  const random = [...sample.randomRows.keys()].map((i) => sample.suspectRows.length + i);
  const cosine = (indices: readonly number[]) =>
    indices.length < 2 ? 0 : meanPairwiseCosine(sample.embeddings, sample.dimension, indices);
  return { suspectImageCosine: cosine(suspects), randomImageCosine: cosine(random) };
}
