import * as tf from '@tensorflow/tfjs-core';
import { OnnxruntimeBackend } from './backends/onnxruntime-backend.js';
import type { Precision } from './recorder/value.js';

export type { Precision };

/**
 * Tensors with the same elements, as constants: what is computed with them again and again is compiled with them as
 * part of the graph, so that ONNX Runtime folds, fuses and packs them once. For the weights of a model that only
 * embeds. They share memory with the given tensors; on other backends they are plain copies by reference.
 *
 * @param tensors of any shape; they stay the caller's and may be disposed or assigned anew at any time
 * @param precision `int8` computes matrix products with these tensors on their right-hand side with 8-bit whole
 *   numbers: faster, and about 1 % off per product
 * @returns one tensor per given one, in order; the caller disposes them, and with them the compiled graphs go
 */
export async function freeze(
  tensors: readonly tf.Tensor[],
  precision: Precision = 'float32',
): Promise<tf.Tensor[]> {
  const backend = tf.backend();
  if (!(backend instanceof OnnxruntimeBackend)) return tensors.map((tensor) => tf.clone(tensor));
  if (tensors.some(({ dataId }) => !backend.isComputed(dataId))) await backend.flush();
  return tensors.map(({ dataId, shape, dtype }) =>
    tf.engine().makeTensorFromTensorInfo({ dataId: backend.freeze(dataId, precision), shape, dtype }),
  );
}
