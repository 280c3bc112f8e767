import type { ClipModel, EmbeddingModel, PairBatch } from '@ubt/clip';
import type { Precision } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import type { PairSource } from '../pair-source.js';
import type { ReportProgress } from '../progress.js';

/** Everything a detection method may look at. */
export interface DetectionInput {
  readonly suspect: EmbeddingModel;
  /** A trusted checkpoint of the same shape, when there is one. */
  readonly reference: EmbeddingModel | undefined;
  readonly pairs: PairSource;
  readonly options: DetectionOptions;
  readonly signal: AbortSignal;
  readonly progress: ReportProgress;
}

/** Resolved options; see `DetectOptions` in the contract for units and ranges. */
export interface DetectionOptions {
  readonly overfitSteps: number;
  readonly suspectFraction: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Arithmetic of scoring; overfitting is always in float32. */
  readonly precision: Precision;
}

/** What a method found; all arrays are parallel. */
export interface Detection {
  /** Manifest rows of the scored pairs, ascending. */
  readonly rows: readonly number[];
  /** Suspicion: finite, higher is more suspicious, comparable only within one method and run. */
  readonly scores: Float32Array;
  /** What was measured on the way, by name; always holds `similarity`, the cosine under the suspect model. */
  readonly signals: Readonly<Record<string, Float32Array>>;
  /** Loss per optimiser step; empty for methods that train nothing. */
  readonly curve: readonly { step: number; loss: number }[];
  /** Overfitted copies of the suspect, by name, which the caller disposes; empty for methods that make none. */
  readonly overfitted: Readonly<Record<string, ClipModel>>;
}

/**
 * One way to score pairs. A method turns its own sign, so that higher is always more suspicious; callers
 * never branch on the name.
 */
export interface DetectionMethod {
  readonly name: string;
  readonly needsReference: boolean;
  detect(input: DetectionInput): Promise<Detection>;
  /**
   * Scores single pairs as `detect` did, against the models that it left; only methods that can score a pair
   * by itself have it.
   *
   * @param overfitted the detection's models, by name
   */
  scoreOnline?(
    suspect: EmbeddingModel,
    overfitted: Readonly<Record<string, ClipModel>>,
    batch: PairBatch,
  ): Promise<OnlineScore[]>;
}

/** Score of a single pair; higher is more suspicious, on the scale of the detection that prepared the models. */
export interface OnlineScore {
  readonly score: number;
  /** Cosine under the suspect model, in [-1, 1]. */
  readonly similarity: number;
}

/** The reference model of the input. @throws UbtError REFERENCE_MODEL_MISSING */
export function requireReference(method: DetectionMethod, input: DetectionInput): EmbeddingModel {
  if (input.reference !== undefined) return input.reference;
  throw new UbtError(
    'invalid-argument',
    `Method "${method.name}" compares with a trusted reference model, and none was given.`,
    {
      code: 'REFERENCE_MODEL_MISSING',
      fix: 'Name the checkpoint that the suspect was fine-tuned from, or choose a method that needs none.',
      violations: [{ field: 'subject.reference_model', reason: 'required by options.method' }],
    },
  );
}
