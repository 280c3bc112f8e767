import type { SerializedError } from '@ubt/errors';

/** From the detector to its scoring process. */
export interface ScoreMessage {
  readonly id: number;
  /** Folder of the detection model. */
  readonly detectionModel: string;
  /** Folder of the suspect model that it was made from. */
  readonly suspect: string;
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
