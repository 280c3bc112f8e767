import type { TokenLists } from '@ubt/consensus';
import { agreeingSuspects } from './agreeing-suspects.js';
import { splitByRank } from './split-by-rank.js';

/** Size of S in the second round, as a share of its size in the first: rare poison must not drown in it. */
const SECOND_SHARE = 0.2;
/** Pairs in S in the second round, at least: fewer would be learnt by heart. */
const SECOND_LEAST = 128;

/** Manifest rows and the tokens of their captions. */
export interface CaptionedRows {
  readonly rows: readonly number[];
  readonly tokens: TokenLists;
}

/** What makes a pair unlikely, before anything is overfitted; all `[pairs]`. */
export interface Unlikeliness {
  /** How far the cosine drops under views of the image. */
  readonly viewDrop: Float32Array;
  /** How far it drops when nothing fine is left of the image; read by captions only. */
  readonly coarseDrop: Float32Array;
  /** Cosine under the reference model, or under the suspect where there is none. */
  readonly referenceSimilarity: Float32Array;
}

/** How S is chosen by what captions agree on; each is empty where they do not. */
export interface SuspectChoice {
  /** Of the unlikely pairs, before anything is overfitted. */
  unlikely(captioned: CaptionedRows, columns: Unlikeliness, fraction: number): ReadonlySet<number>;
  /** Of those that moved most in a round. @param scores `[pairs]` */
  moved(captioned: CaptionedRows, scores: Float32Array, fraction: number): ReadonlySet<number>;
}

/** The pairs of largest drop, either way, and those of lowest cosine, whose captions agree; empty where none do. */
export function agreeingUnlikely(
  { rows, tokens }: CaptionedRows,
  columns: Unlikeliness,
  fraction: number,
): ReadonlySet<number> {
  const find = (scores: Float32Array) => agreeingSuspects({ rows, tokens, scores }, fraction * rows.length);
  const rankings = [columns.viewDrop, columns.coarseDrop, negated(columns.referenceSimilarity)];
  return new Set(rankings.flatMap(find));
}

/** Half of S by the largest drop, half by the lowest cosine. */
export function unlikely(
  rows: readonly number[],
  { viewDrop, referenceSimilarity }: Unlikeliness,
  fraction: number,
): ReadonlySet<number> {
  const [dropping] = splitByRank(rows, negated(viewDrop), fraction / 2);
  const [dissimilar] = splitByRank(rows, referenceSimilarity, fraction / 2);
  return new Set([...dropping, ...dissimilar]);
}

/** Those of highest score whose captions agree; empty where none do. */
export function agreeingMoved(
  { rows, tokens }: CaptionedRows,
  scores: Float32Array,
  fraction: number,
): ReadonlySet<number> {
  return new Set(agreeingSuspects({ rows, tokens, scores }, fraction * rows.length));
}

/** Those of highest score, whatever their captions say: few, for in a second round most of them are poisoned. */
export function topScored(
  { rows }: Pick<CaptionedRows, 'rows'>,
  scores: Float32Array,
  fraction: number,
): ReadonlySet<number> {
  const share = Math.max(fraction * SECOND_SHARE, SECOND_LEAST / rows.length);
  return new Set(splitByRank(rows, negated(scores), Math.min(share, fraction))[0]);
}

/** As the product does it: where captions agree, the pairs that agree. */
export const BY_AGREEMENT: SuspectChoice = { unlikely: agreeingUnlikely, moved: agreeingMoved };

/** As if there were no captions: to measure what their agreement brings. */
export const BY_SIGNALS: SuspectChoice = { unlikely: () => new Set(), moved: () => new Set() };

function negated(values: Float32Array): Float32Array {
  return values.map((value) => -value);
}
