import type * as tf from '@tensorflow/tfjs-core';

/** A model's tensors by their checkpoint names. */
export type Weights = ReadonlyMap<string, tf.Variable>;

/** The tensor of that name; a missing one is a bug here, because every name is checked at load. */
export function weight<R extends tf.Rank = tf.Rank>(weights: Weights, name: string): tf.Tensor<R> {
  const found = weights.get(name);
  if (found === undefined) throw new Error(`The model has no tensor ${name}.`);
  return found as unknown as tf.Tensor<R>;
}
