import * as tf from '@tensorflow/tfjs-core';
import { OnnxruntimeBackend } from './backends/onnxruntime-backend.js';

/**
 * Lets go of the memory that the engine keeps for coming outputs, such as a training step's next weights: for the end of a
 * training, when nothing of these sizes comes any more. On backends that keep none there is nothing to do.
 */
export function dropFreeMemory(): void {
  const backend = tf.backend();
  if (backend instanceof OnnxruntimeBackend) backend.runner.dropFree();
}
