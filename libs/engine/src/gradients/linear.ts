import * as tf from '@tensorflow/tfjs-core';
import type { GradientFamily } from './gradient.js';
import { refuse } from '../kernels/refusals.js';

const batchMatMul: GradientFamily[string] = {
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved, attrs) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const grad = dy as tf.Tensor;
    const [ta, tb] = [attrs['transposeA'] as boolean, attrs['transposeB'] as boolean];
    const ofA = (): tf.Tensor => (ta ? tf.matMul(b, grad, tb, true) : tf.matMul(grad, b, false, !tb));
    const ofB = (): tf.Tensor => (tb ? tf.matMul(grad, a, true, ta) : tf.matMul(a, grad, !ta, false));
    return {
      a: () => sumBatch(ofA(), a.shape),
      b: () => (ta || tb ? sumBatch(ofB(), b.shape) : sharedOperand(a, grad, b.shape, ofB)),
    };
  },
};

/** When one matrix multiplied a whole batch, its gradient is one product over all rows of the batch. */
function sharedOperand(a: tf.Tensor, dy: tf.Tensor, shape: number[], general: () => tf.Tensor): tf.Tensor {
  const isShared = a.rank > 2 && shape.slice(0, -2).every((size) => size === 1);
  if (!isShared || a.shape.slice(0, -2).join() !== dy.shape.slice(0, -2).join())
    return sumBatch(general(), shape);
  const rows = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, x.shape.at(-1)!]);
  return tf.reshape(tf.matMul(rows(a), rows(dy), true, false), shape);
}

/** Sums over the batch dimensions that were broadcast. */
function sumBatch(grad: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape.slice(0, -2), grad.shape.slice(0, -2));
  return axes.length === 0 ? tf.reshape(grad, shape) : tf.reshape(tf.sum(grad, axes), shape);
}

type Conv4D = tf.Tensor4D;

const conv2d: GradientFamily[string] = {
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [Conv4D, Conv4D];
    const { strides, pad, dataFormat, dimRoundingMode, dilations = 1 } = attrs;
    // The backprop kernels of TensorFlow.js carry no dilations: the result would be silently wrong.
    if ([dilations].flat().some((dilation) => dilation !== 1))
      throw refuse('the gradient of a dilated conv2d');
    const shared = { strides, pad, dataFormat, dimRoundingMode } as unknown as tf.NamedAttrMap;
    const run = (kernel: string, inputs: tf.NamedTensorMap, more: tf.NamedAttrMap): tf.Tensor =>
      tf.engine().runKernel(kernel, inputs, { ...shared, ...more }) as tf.Tensor;
    const grad = dy as tf.Tensor;
    return {
      x: () => run('Conv2DBackpropInput', { dy: grad, filter }, { inputShape: x.shape }),
      filter: () => run('Conv2DBackpropFilter', { x, dy: grad }, { filterShape: filter.shape }),
    };
  },
};

/** The transposed convolution is linear too: its gradients are a convolution and a filter gradient. */
const conv2dBackpropInput: GradientFamily[string] = {
  inputsToSave: ['dy', 'filter'],
  gradFunc: (ddx, saved, attrs) => {
    const [dy, filter] = saved as [Conv4D, Conv4D];
    const { strides, pad, dataFormat, dimRoundingMode } = attrs;
    const shared = { strides, pad, dataFormat, dimRoundingMode } as unknown as tf.NamedAttrMap;
    const x = ddx as tf.Tensor;
    return {
      dy: () => tf.engine().runKernel('Conv2D', { x, filter }, { ...shared, dilations: 1 }) as tf.Tensor,
      filter: () =>
        tf
          .engine()
          .runKernel(
            'Conv2DBackpropFilter',
            { x, dy },
            { ...shared, filterShape: filter.shape },
          ) as tf.Tensor,
    };
  },
};

const depthwise: GradientFamily[string] = {
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [Conv4D, Conv4D];
    const { strides, pad, dilations, dimRoundingMode } = attrs;
    const shared = { strides, pad, dilations, dimRoundingMode } as unknown as tf.NamedAttrMap;
    const run = (kernel: string, inputs: tf.NamedTensorMap, more: tf.NamedAttrMap): tf.Tensor =>
      tf.engine().runKernel(`DepthwiseConv2dNative${kernel}`, inputs, { ...shared, ...more }) as tf.Tensor;
    const grad = dy as tf.Tensor;
    return {
      x: () => run('BackpropInput', { dy: grad, filter }, { inputShape: x.shape }),
      filter: () => run('BackpropFilter', { x, dy: grad }, { filterShape: filter.shape }),
    };
  },
};

const avgPool: GradientFamily[string] = {
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const { filterSize, strides, pad, dimRoundingMode } = attrs;
      const same = { filterSize, strides, pad, dimRoundingMode } as unknown as tf.NamedAttrMap;
      return tf.engine().runKernel('AvgPoolGrad', { dy: dy as tf.Tensor, input: x! }, same) as tf.Tensor;
    },
  }),
};

const maxPool: GradientFamily[string] = {
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y], attrs) => ({
    x: () => {
      const { filterSize, strides, pad, dimRoundingMode } = attrs;
      const same = { filterSize, strides, pad, dimRoundingMode } as unknown as tf.NamedAttrMap;
      const inputs = { dy: dy as tf.Tensor, input: x!, output: y! };
      return tf.engine().runKernel('MaxPoolGrad', inputs, same) as tf.Tensor;
    },
  }),
};

const fusedBatchNorm: GradientFamily[string] = {
  inputsToSave: ['x', 'mean', 'variance', 'scale'],
  gradFunc: (dy, saved, attrs) => {
    const [x, mean, variance, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor | undefined];
    const grad = dy as tf.Tensor;
    const inverse = tf.rsqrt(tf.add(variance, attrs['varianceEpsilon'] as number));
    const scaled = scale ? tf.mul(inverse, scale) : inverse;
    const centred = tf.sub(x, mean);
    const down = (full: tf.Tensor): tf.Tensor => {
      const axes = tf.broadcast_util.getReductionAxes(mean.shape, full.shape);
      return tf.reshape(axes.length > 0 ? tf.sum(full, axes) : full, mean.shape);
    };
    const cube = (t: tf.Tensor): tf.Tensor => tf.mul(tf.square(t), t);
    return {
      x: () => tf.mul(grad, scaled),
      mean: () => tf.neg(tf.mul(down(grad), scaled)),
      variance: () => {
        const weight = tf.mul(scale ? tf.mul(cube(inverse), scale) : cube(inverse), -0.5);
        return tf.mul(down(tf.mul(grad, centred)), weight);
      },
      scale: () => tf.mul(down(tf.mul(grad, centred)), inverse),
      offset: () => down(grad),
    };
  },
};

const resize = (kernel: string): GradientFamily[string] => ({
  inputsToSave: ['images'],
  gradFunc: (dy, [images], attrs) => ({
    images: () => tf.engine().runKernel(kernel, { dy: dy as tf.Tensor, images: images! }, attrs) as tf.Tensor,
  }),
});

/** Gradients of products, convolutions, pooling, normalisation and resizing. */
export const linearGradients: GradientFamily = {
  AvgPool: avgPool,
  BatchMatMul: batchMatMul,
  Conv2D: conv2d,
  Conv2DBackpropInput: conv2dBackpropInput,
  DepthwiseConv2dNative: depthwise,
  FusedBatchNorm: fusedBatchNorm,
  MaxPool: maxPool,
  ResizeBilinear: resize('ResizeBilinearGrad'),
  ResizeNearestNeighbor: resize('ResizeNearestNeighborGrad'),
};
