import type { SerializedError } from '@ubt/errors';

/** An artefact whose content is fixed, wherever it is kept. */
export interface PinnedArtifact {
  readonly uri: string;
  readonly sha256: string;
}

/** A model that pairs are scored against. */
export interface ScoreModel {
  readonly detectionModel: PinnedArtifact;
  /** The suspect model that it was made from. */
  readonly suspect: PinnedArtifact;
}

/** From the detector to its scoring process. */
export interface ScoreMessage extends ScoreModel {
  readonly id: number;
  /** The pair; without one, the model is only loaded. */
  readonly pair?: { readonly image: Uint8Array; readonly caption: string };
}

/** Score of one pair; see `PairScore` in the contract. */
export interface ScoredPair {
  readonly score: number;
  readonly suspicious: boolean;
  readonly similarity: number;
}

/** From the scoring process back. */
export type ScoreReply =
  | { readonly id: number; readonly scored: ScoredPair | undefined }
  | { readonly id: number; readonly error: SerializedError };
