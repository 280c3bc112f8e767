import type * as tf from '@tensorflow/tfjs-core';

/**
 * Told what the layers of a tower give, in order: `embedded`, `block.<i>`, `normed` of a transformer; `stem`,
 * `layer<stage>.<i>` of a ModifiedResNet. A transformer's tokens come as rows, `[n·length, d]`; of its last block and
 * after it there is only the pooled token, `[n, d]`. The tensors end with the call that encodes: read or copy them.
 */
export type LayerObserver = (layer: string, activations: tf.Tensor) => void;
