import * as tf from '@tensorflow/tfjs-core';
import { flat, keepReduced, type GradientFamily } from './gradient.js';

/** Which elements are the extreme of their reduction; ties share the gradient each in full. */
const extreme: GradientFamily[string] = {
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [x, y] = saved as [tf.Tensor, tf.Tensor];
    const axis = (attrs['reductionIndices'] ?? attrs['axis']) as number | number[];
    return {
      x: () => {
        const hits = tf.equal(x, keepReduced(y, x.shape, axis));
        return tf.mul(keepReduced(dy as tf.Tensor, x.shape, axis), tf.cast(hits, 'float32'));
      },
    };
  },
};

const sum: GradientFamily[string] = {
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => tf.broadcastTo(keepReduced(dy as tf.Tensor, x!.shape, attrs['axis'] as number[]), x!.shape),
  }),
};

const mean: GradientFamily[string] = {
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const count = Math.max(1, x!.size / (dy as tf.Tensor).size);
      const share = tf.mul(dy as tf.Tensor, 1 / count);
      return tf.broadcastTo(keepReduced(share, x!.shape, attrs['axis'] as number[]), x!.shape);
    },
  }),
};

/** Each element's slope is the product of the others: exclusive products from both ends. */
const prod: GradientFamily[string] = {
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => productGradient(dy as tf.Tensor, x!, attrs['axis'] as number[]),
  }),
};

function productGradient(dy: tf.Tensor, x: tf.Tensor, axis: number | number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const perm = [...kept, ...axes];
  const moved = tf.transpose(x, perm);
  const count = axes.reduce((size, i) => size * x.shape[i]!, 1);
  const rows = tf.reshape(moved, [-1, count]);
  // others[r, i] = product over j ≠ i of rows[r, j], as a product over j with a 1 put at j = i.
  const eye = tf.eye(count);
  const spread = tf.expandDims(rows, 1);
  const withOnes = tf.add(tf.mul(spread, tf.sub(1, eye)), eye);
  const others = tf.prod(withOnes, 2);
  const grad = tf.reshape(tf.mul(others, tf.reshape(dy, [-1, 1])), moved.shape);
  return tf.transpose(
    grad,
    perm.map((_, i) => perm.indexOf(i)),
  );
}

const softmax: GradientFamily[string] = {
  outputsToSave: [true],
  gradFunc: (dy, [y], { dim }) => ({
    logits: () => {
      const weighted = tf.mul(dy as tf.Tensor, y!);
      return tf.sub(weighted, tf.mul(tf.sum(weighted, dim as number, true), y!));
    },
  }),
};

const logSoftmax: GradientFamily[string] = {
  outputsToSave: [true],
  gradFunc: (dy, [logits], { axis }) => ({
    logits: () => {
      const grad = dy as tf.Tensor;
      return tf.sub(grad, tf.mul(tf.sum(grad, axis as number, true), tf.exp(logits!)));
    },
  }),
};

const cumsum: GradientFamily[string] = {
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const [axis] = tf.util.parseAxisParam(attrs['axis'] as number, x!.shape);
      return tf.cumsum(dy as tf.Tensor, axis, attrs['exclusive'] as boolean, !attrs['reverse']);
    },
  }),
};

/** Gradients of what combines elements along dimensions. */
export const reductionGradients: GradientFamily = {
  ArgMax: flat,
  ArgMin: flat,
  Cumsum: cumsum,
  LogSoftmax: logSoftmax,
  Max: extreme,
  Mean: mean,
  Min: extreme,
  Prod: prod,
  Softmax: softmax,
  Sum: sum,
};
