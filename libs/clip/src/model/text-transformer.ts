import * as tf from '@tensorflow/tfjs-core';
import type { ClipConfig, TextConfig } from '../config/clip-config.js';
import type { LayerObserver } from './layer-observer.js';
import { layerNorm } from './layer-norm.js';
import { projectOut } from './project-out.js';
import { textNames } from './tensor-names.js';
import { transformer } from './transformer.js';
import { weight, type Weights } from './weights.js';

/** Stands in for −∞ without making `0 · −∞` possible. */
const BLOCKED = -1e9;

/** The text tower: token ids int32 `[n, length]` → un-normalised embeddings `[n, embedDim]`. */
export function textTransformer(
  weights: Weights,
  config: ClipConfig,
  tokens: tf.Tensor2D,
  onLayer?: LayerObserver,
): tf.Tensor2D {
  const size = config.text;
  const names = textNames(config);
  const [n, length] = tokens.shape;
  const table = weight<tf.Rank.R2>(weights, names.tokens);
  const rows = tf.gather(table, tf.reshape(tokens, [n * length]));
  const positions = tf.slice(weight(weights, names.positions), [0, 0], [length, size.width]);
  const embedded = tf.add(tf.reshape(rows, [n, length, size.width]), positions);
  const x = tf.reshape(embedded, [n * length, size.width]) as tf.Tensor2D;

  const end = tf.oneHot(endPositions(tokens, size), length, 1, 0, 'float32') as tf.Tensor2D;
  const mask = causalMask(length);
  const picker = tf.reshape(end, [n, 1, length]);
  const pooled = transformer(
    weights,
    names.blocks,
    size,
    { x, n, length },
    {
      // A product with one-hot rows, because its gradient is a product too, not a scatter.
      pick: (states) => tf.reshape(tf.matMul(picker, states), [n, size.width]),
      mask,
      pickedMask: tf.reshape(tf.matMul(end, mask), [n, 1, 1, length]),
    },
    onLayer,
  );
  const normed = layerNorm(weights, names.normAfter, pooled, size.layerNormEps);
  onLayer?.('normed', normed);
  return projectOut(weights, names.projection, normed);
}

/** The position whose state is the caption's embedding, int32 `[n]`; see {@link TextConfig.pooling}. */
function endPositions(tokens: tf.Tensor2D, size: TextConfig): tf.Tensor1D {
  const marked =
    size.pooling === 'argmax'
      ? tokens
      : tf.cast(tf.equal(tokens, tf.scalar(size.eosTokenId, 'int32')), 'int32');
  return tf.argMax(marked, 1);
}

function causalMask(length: number): tf.Tensor2D {
  const values = new Float32Array(length * length);
  for (let row = 0; row < length; row++) values.fill(BLOCKED, row * length + row + 1, (row + 1) * length);
  return tf.tensor2d(values, [length, length]);
}
