import * as tf from '@tensorflow/tfjs-core';
import type { ModifiedResNetConfig } from '../config/clip-config.js';
import { attend, splitHeads } from './attention.js';
import { convNorm, type BatchNormMode } from './conv-norm.js';
import type { LayerObserver } from './layer-observer.js';
import { linear } from './linear.js';
import { bottlenecks, type Bottleneck } from './modified-resnet-specs.js';
import { RESNET_PREFIX } from './tensor-names.js';
import { weight, type Weights } from './weights.js';

/**
 * CLIP's ModifiedResNet (Radford et al. 2021, §2.4): three stem convolutions, bottlenecks that downsample by
 * average pooling, attention pooling at the end. Normalised pixels `[n, size, size, 3]` → un-normalised
 * embeddings `[n, embedDim]`.
 */
export function modifiedResNet(
  weights: Weights,
  config: ModifiedResNetConfig,
  pixels: tf.Tensor4D,
  mode: BatchNormMode,
  onLayer?: LayerObserver,
): tf.Tensor2D {
  const root = RESNET_PREFIX;
  let x = tf.relu(convNorm(weights, `${root}.conv1`, `${root}.bn1`, pixels, mode, 2));
  x = tf.relu(convNorm(weights, `${root}.conv2`, `${root}.bn2`, x, mode));
  x = tf.relu(convNorm(weights, `${root}.conv3`, `${root}.bn3`, x, mode));
  x = halve(x);
  onLayer?.('stem', x);
  for (const block of bottlenecks(config)) {
    x = bottleneck(weights, block, x, mode);
    onLayer?.(block.name.slice(root.length + 1), x);
  }
  return attentionPool(weights, x, config.heads);
}

function bottleneck(weights: Weights, block: Bottleneck, x: tf.Tensor4D, mode: BatchNormMode): tf.Tensor4D {
  const { name, stride } = block;
  let y = tf.relu(convNorm(weights, `${name}.conv1`, `${name}.bn1`, x, mode));
  y = tf.relu(convNorm(weights, `${name}.conv2`, `${name}.bn2`, y, mode));
  if (stride === 2) y = halve(y);
  y = convNorm(weights, `${name}.conv3`, `${name}.bn3`, y, mode);
  if (!block.downsample) return tf.relu(tf.add(x, y));
  const shortcut = stride === 2 ? halve(x) : x;
  return tf.relu(
    tf.add(convNorm(weights, `${name}.downsample.0`, `${name}.downsample.1`, shortcut, mode), y),
  );
}

const halve = (x: tf.Tensor4D): tf.Tensor4D => tf.avgPool(x, 2, 2, 'valid');

/** One query, the mean of all positions, attends over itself and them: `[n, h, w, c]` → `[n, embedDim]`. */
function attentionPool(weights: Weights, x: tf.Tensor4D, heads: number): tf.Tensor2D {
  const [n, height, width, channels] = x.shape;
  const length = height * width + 1;
  const pool = `${RESNET_PREFIX}.attnpool`;
  const positions = tf.reshape(x, [n, length - 1, channels]);
  const tokens = tf.add(
    tf.concat([tf.mean(positions, 1, true), positions], 1),
    weight(weights, `${pool}.positional_embedding`),
  );
  const flat = tf.reshape(tokens, [n * length, channels]) as tf.Tensor2D;
  const mean = tf.reshape(tf.slice(tokens, [0, 0, 0], [n, 1, channels]), [n, channels]) as tf.Tensor2D;
  const q = tf.reshape(linear(weights, `${pool}.q_proj`, mean), [n, heads, 1, channels / heads]);
  // Apart, since joined they would be a copy of the model's largest matrices in every step.
  const ofHeads = (part: 'k' | 'v'): tf.Tensor4D =>
    splitHeads(linear(weights, `${pool}.${part}_proj`, flat), n, length, heads, 1)[0]!;
  const pooled = attend(q as tf.Tensor4D, ofHeads('k'), ofHeads('v'));
  return linear(weights, `${pool}.c_proj`, tf.reshape(pooled, [n, channels]));
}
