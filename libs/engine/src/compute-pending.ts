import * as tf from '@tensorflow/tfjs-core';
import { OnnxruntimeBackend } from './backends/onnxruntime-backend.js';

/**
 * Computes everything that has been recorded, as a graph of its own, so that what follows does not become part of it.
 * What nobody holds then costs no memory in it. On backends that compute at once there is nothing to do.
 */
export async function computePending(): Promise<void> {
  const backend = tf.backend();
  if (backend instanceof OnnxruntimeBackend) await backend.flush();
}
