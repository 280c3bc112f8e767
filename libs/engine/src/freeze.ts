import * as tf from '@tensorflow/tfjs-core';
import { OnnxruntimeBackend } from './backends/onnxruntime-backend.js';
import type { Precision } from './recorder/value.js';

export type { Precision };

/** When frozen tensors become part of a graph. */
export type Compiled = 'repeated' | 'at-once';

/**
 * Tensors with the same elements, as constants: what is computed with them again and again is compiled with them as
 * part of the graph, so that ONNX Runtime folds, fuses and packs them once. For the weights of a model that only
 * embeds. They share memory with the given tensors; on other backends they are plain copies by reference.
 *
 * @param tensors of any shape; they stay the caller's and may be disposed or assigned anew at any time
 * @param precision `int8` computes matrix products with these tensors on their right-hand side with 8-bit whole
 *   numbers: faster, and about 1 % off per product
 * @param compiled `repeated` compiles them into a graph when it comes for the second time, which spares what comes
 *   once; `at-once` at its first time, so that equal inputs give the same bits whatever was computed before
 * @returns one tensor per given one, in order; the caller disposes them, and with them the compiled graphs go
 */
export async function freeze(
  tensors: readonly tf.Tensor[],
  precision: Precision = 'float32',
  compiled: Compiled = 'repeated',
): Promise<tf.Tensor[]> {
  const backend = tf.backend();
  if (!(backend instanceof OnnxruntimeBackend)) return tensors.map((tensor) => tf.clone(tensor));
  if (tensors.some(({ dataId }) => !backend.isComputed(dataId))) await backend.flush();
  return tensors.map(({ dataId, shape, dtype }) =>
    tf.engine().makeTensorFromTensorInfo({
      dataId: backend.freeze(dataId, precision, compiled === 'at-once'),
      shape,
      dtype,
    }),
  );
}
