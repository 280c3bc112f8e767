import * as tf from '@tensorflow/tfjs-core';
import { concat, expand, pad, reshape, slice, transpose } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { listOf, type Kernel, type KernelFamily } from './kernel.js';

type Pads = [number, number][];

const concatKernel: Kernel = ({ graph, inputs, attrs }) => {
  const values = listOf(inputs);
  const [axis] = tf.util.parseAxisParam(attrs.axis, [...values[0]!.shape]);
  return concat(graph, values, axis!);
};

const sliceKernel: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const [begin, size] = tf.slice_util.parseSliceParams(asInfo(x), attrs.begin, attrs.size);
  tf.slice_util.assertParamsValid(asInfo(x), begin, size);
  return slice(graph, x, begin, size);
};

const stridedSlice: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  if (info.isIdentity || x.size === 0) return reshape(graph, x, info.finalShape);
  // The helper says −0 for empty parts.
  const size = tf.slice_util.computeOutShape(info.begin, info.end, info.strides).map((count) => count || 0);
  const part = slice(graph, x, info.begin, size, info.strides);
  return reshape(
    graph,
    part,
    info.finalShape.map((count) => count || 0),
  );
};

function asInfo(x: Value): tf.Tensor {
  // The slice helpers of TensorFlow.js only read these two fields.
  return { shape: [...x.shape], rank: x.shape.length } as unknown as tf.Tensor;
}

const splitV: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const [axis] = tf.util.parseAxisParam(attrs.axis, [...x.shape]);
  const sizes = tf.backend_util.prepareSplitSize(asInfo(x), attrs.numOrSizeSplits, axis);
  const shapes = sizes.map((size) => x.shape.map((full, i) => (i === axis ? size : full)));
  if (shapes.length === 1) return [x];
  return graph.multiOp(
    'Split',
    [x, graph.ints(sizes)],
    shapes.map((shape) => ({ dtype: x.dtype, shape })),
    { axis: axis! },
  );
};

const pack: Kernel = ({ graph, inputs, attrs }) => {
  const values = listOf(inputs);
  for (const value of values) {
    tf.util.assertShapesMatch([...values[0]!.shape], [...value.shape], 'All tensors of a stack must match: ');
    tf.util.assert(
      value.dtype === values[0]!.dtype,
      () => 'All tensors passed to stack must have matching dtypes',
    );
  }
  const axis = attrs.axis < 0 ? attrs.axis + values[0]!.shape.length + 1 : attrs.axis;
  const shape = [...values[0]!.shape];
  shape.splice(axis, 0, 1);
  return concat(
    graph,
    values.map((value) => reshape(graph, value, shape)),
    axis,
  );
};

const unpack: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['value']!;
  const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis;
  const shape = x.shape.filter((_, i) => i !== axis);
  return Array.from({ length: x.shape[axis]! }, (_, i) => {
    const begin = x.shape.map((__, d) => (d === axis ? i : 0));
    const size = x.shape.map((full, d) => (d === axis ? 1 : full));
    return reshape(graph, slice(graph, x, begin, size), shape);
  });
};

/** Mirrors the rim: 'reflect' leaves the outermost element out, 'symmetric' repeats it. */
const mirrorPad: Kernel = ({ graph, inputs, attrs }) => {
  let x = inputs['x']!;
  const skip = attrs.mode === 'reflect' ? 1 : 0;
  (attrs.paddings as Pads).forEach(([before, after], axis) => {
    const parts = [x];
    if (before > 0) parts.unshift(mirrored(graph, x, axis, skip + before - 1, before));
    if (after > 0) parts.push(mirrored(graph, x, axis, x.shape[axis]! - 1 - skip, after));
    x = concat(graph, parts, axis);
  });
  return x;
};

/** `count` elements along an axis, backwards from `start`. */
function mirrored(graph: Recorder, x: Value, axis: number, start: number, count: number): Value {
  const at = (chosen: number, others: number | readonly number[]): number[] =>
    x.shape.map((_, i) => (i === axis ? chosen : typeof others === 'number' ? others : others[i]!));
  return slice(graph, x, at(start, 0), at(count, x.shape), at(-1, 1));
}

/** Records the reversal of some dimensions. */
export function reverseAxes(graph: Recorder, x: Value, axes: readonly number[]): Value {
  return axes.reduce((result, axis) => mirrored(graph, result, axis, x.shape[axis]! - 1, x.shape[axis]!), x);
}

const reverse: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  return reverseAxes(graph, x, tf.util.parseAxisParam(attrs.dims, [...x.shape]));
};

const tile: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const shape = x.shape.map((size, i) => size * attrs.reps[i]);
  // Copies of single elements are a broadcast, which the operations that read it can do on the way.
  if (x.shape.every((size, i) => size === 1 || attrs.reps[i] === 1)) return expand(graph, x, shape);
  return graph.op('Tile', [x, graph.ints(attrs.reps)], x.dtype, shape);
};

const batchToSpaceNd: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const { blockShape, crops } = attrs as { blockShape: number[]; crops: number[][] };
  const product = blockShape.reduce((a, b) => a * b, 1);
  const split = tf.backend_util.getReshaped([...x.shape], blockShape, product);
  const perm = tf.backend_util.getPermuted(split.length, blockShape.length);
  const joined = tf.backend_util.getReshapedPermuted([...x.shape], blockShape, product);
  const rest = joined.slice(blockShape.length + 1);
  const begin = [...tf.backend_util.getSliceBeginCoords(crops, blockShape.length), ...rest.map(() => 0)];
  const size = [...tf.backend_util.getSliceSize(joined, crops, blockShape.length), ...rest];
  return slice(graph, reshape(graph, transpose(graph, reshape(graph, x, split), perm), joined), begin, size);
};

const spaceToBatchNd: Kernel = ({ graph, inputs, attrs }) => {
  const { blockShape, paddings } = attrs as { blockShape: number[]; paddings: Pads };
  const x = inputs['x']!;
  const rest = x.shape.length - 1 - blockShape.length;
  const none = (count: number): Pads => Array.from({ length: count }, () => [0, 0]);
  const padded = pad(graph, x, [...none(1), ...paddings, ...none(rest)]);
  const product = blockShape.reduce((a, b) => a * b, 1);
  const split = tf.backend_util.getReshaped([...padded.shape], blockShape, product, false);
  const perm = tf.backend_util.getPermuted(split.length, blockShape.length, false);
  const joined = tf.backend_util.getReshapedPermuted([...padded.shape], blockShape, product, false);
  return reshape(graph, transpose(graph, reshape(graph, padded, split), perm), joined);
};

const depthToSpace: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const block = attrs.blockSize as number;
  const nhwc = attrs.dataFormat === 'NHWC';
  const [n, h, w, c] = nhwc ? x.shape : [x.shape[0], x.shape[2], x.shape[3], x.shape[1]];
  const depth = c! / (block * block);
  const split = nhwc ? [n!, h!, w!, block, block, depth] : [n!, block, block, depth, h!, w!];
  const perm = nhwc ? [0, 1, 3, 2, 4, 5] : [0, 3, 4, 1, 5, 2];
  const joined = nhwc ? [n!, h! * block, w! * block, depth] : [n!, depth, h! * block, w! * block];
  return reshape(graph, transpose(graph, reshape(graph, x, split), perm), joined);
};

/** Kernels that move elements without computing. */
export const shapeKernels: KernelFamily = {
  BatchToSpaceND: batchToSpaceNd,
  BroadcastTo: ({ graph, inputs, attrs }) => expand(graph, inputs['x']!, attrs.shape),
  Concat: concatKernel,
  DepthToSpace: depthToSpace,
  FlipLeftRight: ({ graph, inputs }) => {
    const images = inputs['image']!;
    return mirrored(graph, images, 2, images.shape[2]! - 1, images.shape[2]!);
  },
  MirrorPad: mirrorPad,
  Pack: pack,
  PadV2: ({ graph, inputs, attrs }) => {
    const x = inputs['x']!;
    return pad(graph, x, attrs.paddings, graph.number(x.dtype, attrs.constantValue ?? 0));
  },
  Reverse: reverse,
  Slice: sliceKernel,
  SpaceToBatchND: spaceToBatchNd,
  SplitV: splitV,
  StridedSlice: stridedSlice,
  Tile: tile,
  Transpose: ({ graph, inputs, attrs }) => transpose(graph, inputs['x']!, attrs.perm),
  Unpack: unpack,
};
