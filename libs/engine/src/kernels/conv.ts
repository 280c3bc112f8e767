import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../recorder/graph-node.js';
import { binary, matMul, pad, reduce, reshape, slice, transpose } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { activate } from './activation.js';
import type { Kernel, KernelCall, KernelFamily } from './kernel.js';

type Conv2DInfo = tf.backend_util.Conv2DInfo;

const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];

/** Geometry of the convolution `filter ∗ x` with a kernel's attributes. */
function geometry(
  attrs: KernelCall['attrs'],
  inShape: readonly number[],
  filterShape: readonly number[],
  depthwise = false,
): Conv2DInfo {
  return tf.backend_util.computeConv2DInfo(
    [...inShape] as [number, number, number, number],
    [...filterShape] as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    tf.backend_util.convertConv2DDataFormat(attrs.dataFormat ?? 'NHWC'),
  );
}

function convAttributes(info: Conv2DInfo, group = 1): Attributes {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
    group,
  };
}

/** Whether each output pixel reads only the input pixel at its own place: then it is a matrix product. */
function isPointwise(info: Conv2DInfo): boolean {
  const { padInfo: p } = info;
  const unit = info.filterHeight * info.filterWidth * info.strideHeight * info.strideWidth === 1;
  return unit && info.dataFormat === 'channelsLast' && p.top + p.left + p.bottom + p.right === 0;
}

const toNchw = (graph: Recorder, x: Value, info: Conv2DInfo): Value =>
  info.dataFormat === 'channelsLast' ? transpose(graph, x, TO_NCHW) : x;
const fromNchw = (graph: Recorder, x: Value, info: Conv2DInfo): Value =>
  info.dataFormat === 'channelsLast' ? transpose(graph, x, TO_NHWC) : x;
const nchwShape = (info: Conv2DInfo): number[] => [
  info.batchSize,
  info.outChannels,
  info.outHeight,
  info.outWidth,
];

const matrix = (graph: Recorder, x: Value, columns: number): Value =>
  reshape(graph, x, [x.size / columns, columns]);

/** `x` and the HWIO filter of shape `[h, w, in, out]`. */
function conv2d(graph: Recorder, x: Value, filter: Value, info: Conv2DInfo): Value {
  if (isPointwise(info)) {
    const weights = reshape(graph, filter, [info.inChannels, info.outChannels]);
    return reshape(graph, matMul(graph, matrix(graph, x, info.inChannels), weights), info.outShape);
  }
  const inputs = [toNchw(graph, x, info), transpose(graph, filter, [3, 2, 0, 1])];
  const y = graph.op('Conv', inputs, 'float32', nchwShape(info), convAttributes(info));
  return fromNchw(graph, y, info);
}

const conv2dKernel: Kernel = ({ graph, inputs, attrs }) => {
  const [x, filter] = [inputs['x']!, inputs['filter']!];
  return conv2d(graph, x, filter, geometry(attrs, x.shape, filter.shape));
};

const fusedConv2d: Kernel = ({ graph, inputs, attrs }) => {
  const [x, filter] = [inputs['x']!, inputs['filter']!];
  const info = geometry(attrs, x.shape, filter.shape);
  const y = conv2d(graph, x, filter, info);
  const biased = inputs['bias'] ? binary(graph, 'Add', y, alignChannels(graph, inputs['bias'], info)) : y;
  const slope = inputs['preluActivationWeights'];
  return activate(graph, biased, attrs, slope && alignChannels(graph, slope, info));
};

/** A vector over channels in a shape that broadcasts against the output. */
function alignChannels(graph: Recorder, vector: Value, info: Conv2DInfo): Value {
  const channelsFirst = info.dataFormat === 'channelsFirst' && vector.shape.length === 1;
  return channelsFirst ? reshape(graph, vector, [vector.size, 1, 1]) : vector;
}

/** Gradient with respect to the input: the transposed convolution of dy. */
function backpropInput(graph: Recorder, dy: Value, filter: Value, info: Conv2DInfo): Value {
  if (isPointwise(info)) {
    const weights = reshape(graph, filter, [info.inChannels, info.outChannels]);
    return reshape(
      graph,
      matMul(graph, matrix(graph, dy, info.outChannels), weights, false, true),
      info.inShape,
    );
  }
  const { inHeight, inWidth, padInfo } = info;
  const shape = [info.batchSize, info.inChannels, inHeight, inWidth];
  const weights = transpose(graph, filter, [3, 2, 0, 1]);
  // Rows and columns at the end that no window reached need output padding to come back as zeros.
  const reach = (out: number, stride: number, kernel: number): number => (out - 1) * stride + kernel;
  const restHeight =
    inHeight +
    padInfo.top +
    padInfo.bottom -
    reach(info.outHeight, info.strideHeight, info.effectiveFilterHeight);
  const restWidth =
    inWidth +
    padInfo.left +
    padInfo.right -
    reach(info.outWidth, info.strideWidth, info.effectiveFilterWidth);
  const attributes = { ...convAttributes(info), output_padding: [restHeight, restWidth] };
  const dx = graph.op('ConvTranspose', [toNchw(graph, dy, info), weights], 'float32', shape, attributes);
  return fromNchw(graph, dx, info);
}

const conv2dBackpropInput: Kernel = ({ graph, inputs, attrs }) => {
  const [dy, filter] = [inputs['dy']!, inputs['filter']!];
  return backpropInput(graph, dy, filter, geometry(attrs, attrs.inputShape, filter.shape));
};

/** The strided part of the padded input that one filter tap reads, `[n, outHeight, outWidth, in]`. */
function tapInput(graph: Recorder, padded: Value, info: Conv2DInfo, row: number, column: number): Value {
  const size = [info.batchSize, info.outHeight, info.outWidth, info.inChannels];
  const begin = [0, row * info.dilationHeight, column * info.dilationWidth, 0];
  return slice(graph, padded, begin, size, [1, info.strideHeight, info.strideWidth, 1]);
}

function padSpace(graph: Recorder, x: Value, info: Conv2DInfo): Value {
  const { top, bottom, left, right } = info.padInfo;
  return pad(graph, x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}

/** Gradient with respect to the filter: one product per tap, of what the tap read with dy. */
function backpropFilter(graph: Recorder, x: Value, dy: Value, info: Conv2DInfo): Value {
  const { filterHeight, filterWidth, inChannels, outChannels } = info;
  const filterShape = [filterHeight, filterWidth, inChannels, outChannels];
  const last = { ...info, dataFormat: 'channelsLast' as const };
  const channelsLast = (value: Value): Value =>
    info.dataFormat === 'channelsFirst' ? transpose(graph, value, TO_NHWC) : value;
  const padded = padSpace(graph, channelsLast(x), info);
  const taps: Value[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++)
      taps.push(tapInput(graph, padded, last, row, column));
  }
  const pixels = info.outHeight * info.outWidth;
  const dyImages = reshape(graph, channelsLast(dy), [info.batchSize, pixels, outChannels]);
  const patches = graph.op(
    'Concat',
    taps,
    'float32',
    [info.batchSize, info.outHeight, info.outWidth, taps.length * inChannels],
    { axis: 3 },
  );
  const rows = reshape(graph, patches, [info.batchSize, pixels, taps.length * inChannels]);
  const perImage = matMul(graph, rows, dyImages, true, false);
  return reshape(graph, reduce(graph, 'ReduceSum', perImage, [0]), filterShape);
}

const conv2dBackpropFilter: Kernel = ({ graph, inputs, attrs }) => {
  const [x, dy] = [inputs['x']!, inputs['dy']!];
  return backpropFilter(graph, x, dy, geometry(attrs, x.shape, attrs.filterShape));
};

/** Convolutions over two dimensions and their gradients. */
export const convKernels: KernelFamily = {
  Conv2D: conv2dKernel,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
  FusedConv2D: fusedConv2d,
};
