import * as tf from '@tensorflow/tfjs-core';

/** Weights by name, made on first use from a fixed seed. */
export class Weights {
  #seed = 1;
  variables = new Map();

  get(name, shape, scale = Math.sqrt(2 / shape.slice(0, -1).reduce((a, b) => a * b, 1))) {
    if (!this.variables.has(name)) {
      const initial =
        scale === 0
          ? tf.zeros(shape)
          : scale === 1
            ? tf.ones(shape)
            : tf.randomNormal(shape, 0, scale, 'float32', this.#seed++);
      this.variables.set(name, tf.variable(initial));
    }
    return this.variables.get(name);
  }

  get list() {
    return [...this.variables.values()];
  }
}

function batchNorm(x, weights, name) {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const c = x.shape[3];
  return tf.batchNorm(
    x,
    mean,
    variance,
    weights.get(`${name}.b`, [c], 0),
    weights.get(`${name}.g`, [c], 1),
    1e-5,
  );
}

function convBlock(x, weights, name, size, out, stride = 1) {
  const w = weights.get(`${name}.w`, [size, size, x.shape[3], out]);
  return batchNorm(tf.conv2d(x, w, stride, 'same'), weights, name);
}

function bottleneck(x, weights, name, planes, stride) {
  let y = tf.relu(convBlock(x, weights, `${name}.1`, 1, planes));
  y = tf.relu(convBlock(y, weights, `${name}.2`, 3, planes));
  if (stride > 1) y = tf.avgPool(y, stride, stride, 'valid');
  y = convBlock(y, weights, `${name}.3`, 1, planes * 4);
  let skip = x;
  if (stride > 1) skip = tf.avgPool(skip, stride, stride, 'valid');
  if (skip.shape[3] !== planes * 4) skip = convBlock(skip, weights, `${name}.d`, 1, planes * 4);
  return tf.relu(tf.add(y, skip));
}

/** A ModifiedResNet-like tower: 3-conv stem, average pooling, bottlenecks; mean over space at the end. */
export function resNet(x, weights, width = 16, layers = [1, 1, 1, 1]) {
  let y = tf.relu(convBlock(x, weights, 'stem1', 3, width / 2, 2));
  y = tf.relu(convBlock(y, weights, 'stem2', 3, width / 2));
  y = tf.relu(convBlock(y, weights, 'stem3', 3, width));
  y = tf.avgPool(y, 2, 2, 'valid');
  layers.forEach((count, stage) => {
    for (let i = 0; i < count; i++)
      y = bottleneck(y, weights, `s${stage}.${i}`, width * 2 ** stage, stage > 0 && i === 0 ? 2 : 1);
  });
  return tf.mean(y, [1, 2]);
}

function layerNorm(x, weights, name) {
  const d = x.shape.at(-1);
  const mean = tf.mean(x, -1, true);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), -1, true);
  const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(normal, weights.get(`${name}.g`, [d], 1)), weights.get(`${name}.b`, [d], 0));
}

function linear(x, weights, name, out) {
  const y = tf.matMul(
    tf.reshape(x, [-1, x.shape.at(-1)]),
    weights.get(`${name}.w`, [x.shape.at(-1), out], 0.02),
  );
  return tf.reshape(tf.add(y, weights.get(`${name}.b`, [out], 0)), [...x.shape.slice(0, -1), out]);
}

function attention(x, weights, name, heads) {
  const [n, t, d] = x.shape;
  const split = (y) => tf.transpose(tf.reshape(y, [n, t, heads, d / heads]), [0, 2, 1, 3]);
  const [q, k, v] = ['q', 'k', 'v'].map((part) => split(linear(x, weights, `${name}.${part}`, d)));
  const scores = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d / heads)));
  const mixed = tf.reshape(tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3]), [n, t, d]);
  return linear(mixed, weights, `${name}.o`, d);
}

/** A pre-norm transformer with quick-gelu; `x` is `[n, tokens, width]`, the result `[n, width]`. */
export function transformer(x, weights, layers, heads) {
  let y = x;
  for (let i = 0; i < layers; i++) {
    y = tf.add(y, attention(layerNorm(y, weights, `${i}.n1`), weights, `${i}.a`, heads));
    const hidden = linear(layerNorm(y, weights, `${i}.n2`), weights, `${i}.m1`, x.shape[2] * 4);
    y = tf.add(y, linear(tf.mul(hidden, tf.sigmoid(tf.mul(hidden, 1.702))), weights, `${i}.m2`, x.shape[2]));
  }
  return tf.mean(y, 1);
}

/** AdamW over all weights as one vector: few large operations instead of many small ones. */
export function adamW(weights, gradients, state, step, rate = 1e-3, decay = 0.01) {
  const variables = weights.list;
  const flat = (tensors) => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1])));
  state.m ??= tf.variable(tf.zeros([variables.reduce((size, v) => size + v.size, 0)]), false);
  state.v ??= tf.variable(tf.zeros(state.m.shape), false);
  const g = flat(variables.map((variable) => gradients[variable.name]));
  state.m.assign(tf.add(tf.mul(state.m, 0.9), tf.mul(g, 0.1)));
  state.v.assign(tf.add(tf.mul(state.v, 0.999), tf.mul(tf.square(g), 0.001)));
  const correction = (1 - 0.999 ** step) ** -0.5;
  const denominator = tf.add(tf.mul(tf.sqrt(state.v), correction), 1e-8);
  const change = tf.mul(tf.div(state.m, denominator), rate / (1 - 0.9 ** step));
  const updated = tf.sub(tf.mul(flat(variables), 1 - rate * decay), change);
  const parts = tf.split(
    updated,
    variables.map(({ size }) => size),
  );
  parts.forEach((part, i) => variables[i].assign(tf.reshape(part, variables[i].shape)));
}
