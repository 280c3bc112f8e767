import * as tf from '@tensorflow/tfjs-core';

/** What is wrong with a set of weights, for the message of an error. */
export interface WeightHealth {
  /** Names of the tensors with a NaN or infinity in them, in the model's order. */
  readonly notFinite: readonly string[];
  /** The tensor with the largest magnitude among the finite ones, and that magnitude. */
  readonly largest: { readonly name: string; readonly magnitude: number } | undefined;
}

/** Looks through all weights, in one run of the engine. Reads every number once: meant for the case of failure. */
export async function weightHealth(weights: ReadonlyMap<string, tf.Tensor>): Promise<WeightHealth> {
  const names = [...weights.keys()];
  if (names.length === 0) return { notFinite: [], largest: undefined };
  const measured = tf.tidy(() => {
    const tensors = [...weights.values()];
    return tf.concat1d([
      tf.stack(tensors.map((tensor) => tf.max(tf.abs(tensor)))) as tf.Tensor1D,
      // 0·x is 0 for every number and NaN for everything else.
      tf.stack(tensors.map((tensor) => tf.sum(tf.mul(tensor, 0)))) as tf.Tensor1D,
    ]);
  });
  const values = await measured.data();
  measured.dispose();
  const finite = names.flatMap((name, i) =>
    Number.isFinite(values[names.length + i]) ? [{ name, magnitude: values[i]! }] : [],
  );
  return {
    notFinite: names.filter((_, i) => !Number.isFinite(values[names.length + i])),
    largest: finite.sort((a, b) => b.magnitude - a.magnitude)[0],
  };
}
