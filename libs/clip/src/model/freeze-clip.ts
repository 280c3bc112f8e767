import * as tf from '@tensorflow/tfjs-core';
import { freeze, type Compiled, type Precision } from '@ubt/engine';
import type { ClipModel } from './clip-model.js';

/**
 * A model for embedding many batches: the same weights as constants, which the engine compiles into its graphs. It
 * shares memory with the given model and stays as it is when that is trained further; itself it cannot be trained.
 *
 * @param precision `float32` embeds as the model does, to about 1e-5; `int8` is several times faster and moves the
 *   cosines a little (see docs/engine.md for what that does to detection)
 * @param compiled when the weights are compiled in: `at-once` where the last bit must not depend on the batches before
 * @returns a model that the caller disposes, and the compiled graphs with it
 */
export async function freezeClip(
  model: ClipModel,
  precision: Precision = 'float32',
  compiled: Compiled = 'repeated',
): Promise<ClipModel> {
  const names = [...model.weights.keys()];
  const frozen = await freeze([...model.weights.values()], precision, compiled);
  const weights = new Map(names.map((name, i) => [name, tf.variable(frozen[i]!, false)]));
  tf.dispose(frozen);
  return { config: model.config, weights };
}
