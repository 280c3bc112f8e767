import type * as tf from '@tensorflow/tfjs-core';
import type { EmbeddingModel, PairBatch } from '@ubt/clip';

/** Models by name, undefined where there is none. */
export type NamedModels = Readonly<Record<string, EmbeddingModel | undefined>>;

/**
 * What a pass measures of each pair. It has a name, by which a pass can be asked for in another process; see
 * `MEASURES`.
 */
export interface Measure<Name extends string, Models extends NamedModels> {
  /** [a-z0-9-] */
  readonly name: string;
  /** Maps a batch to named tensors `[batch]`, with the models as they are to be used. Pure. */
  readonly apply: (batch: PairBatch, models: Models) => Record<Name, tf.Tensor1D>;
}
