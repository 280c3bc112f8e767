import * as tf from '@tensorflow/tfjs-core';
import { OnnxruntimeBackend } from './backends/onnxruntime-backend.js';

/**
 * Lets go of the memory that the engine keeps for coming outputs, such as a training step's next weights: for the end of a
 * training, when nothing of these sizes comes any more. Backends that keep none have none to let go of. Where Node.js was
 * started with `--expose-gc`, as processes that compute are, garbage is collected too: what the next phase takes is native
 * memory, which V8 does not see, so it would leave the arrays of the last one lying about.
 */
export function dropFreeMemory(): void {
  const backend = tf.backend();
  if (backend instanceof OnnxruntimeBackend) backend.runner.dropFree();
  globalThis.gc?.();
}
