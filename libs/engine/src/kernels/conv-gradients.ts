import { binary, matMul, reshape, slice, transpose } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { conv2d, prefersPatches } from './conv.js';
import {
  convGeometry,
  fromNchw,
  fromNhwc,
  inNchw,
  outNhwc,
  toNchw,
  toNhwc,
  unreached,
  windowAttributes,
  type Conv2DInfo,
} from './conv-geometry.js';
import type { Kernel, KernelFamily } from './kernel.js';
import { patches, readsOwnPixel } from './patches.js';
import { reverseAxes } from './shapes.js';

/** Gradient with respect to the input: each input pixel collects from the windows that read it. */
function backpropInput(graph: Recorder, dy: Value, filter: Value, info: Conv2DInfo): Value {
  if (info.strideHeight === 1 && info.strideWidth === 1) {
    return convolveTurned(graph, dy, filter, turnedGeometry(info));
  }
  const weights = transpose(graph, filter, [3, 2, 0, 1]);
  const attributes = { ...windowAttributes(info), output_padding: unreached(info) };
  const dx = graph.op(
    'ConvTranspose',
    [toNchw(graph, dy, info), weights],
    'float32',
    inNchw(info),
    attributes,
  );
  return fromNchw(graph, dx, info);
}

/** With stride 1 it is itself a convolution: of dy, with the filter turned by 180° and in and out swapped. */
function convolveTurned(graph: Recorder, dy: Value, filter: Value, info: Conv2DInfo): Value {
  if (prefersPatches(info) && filter.frozen === null) {
    const rows = patches(graph, toNhwc(graph, dy, info), info, { taps: 'backwards' });
    const matrix = reshape(graph, transpose(graph, filter, [2, 0, 1, 3]), [info.outChannels, rows.shape[1]!]);
    return fromNhwc(graph, reshape(graph, matMul(graph, rows, matrix, false, true), outNhwc(info)), info);
  }
  // Turned as `[in, out, height, width]`, which ONNX Runtime's convolution takes as it is.
  const turned = reverseAxes(graph, transpose(graph, filter, [2, 3, 0, 1]), [2, 3]);
  return conv2d(graph, dy, transpose(graph, turned, [2, 3, 1, 0]), info);
}

function turnedGeometry(info: Conv2DInfo): Conv2DInfo {
  const { top, left } = info.padInfo;
  const reachRows = info.effectiveFilterHeight - 1;
  const reachColumns = info.effectiveFilterWidth - 1;
  return {
    ...info,
    inHeight: info.outHeight,
    inWidth: info.outWidth,
    inChannels: info.outChannels,
    outHeight: info.inHeight,
    outWidth: info.inWidth,
    outChannels: info.inChannels,
    inShape: info.outShape,
    outShape: info.inShape,
    padInfo: {
      type: 'EXPLICIT',
      top: reachRows - top,
      left: reachColumns - left,
      bottom: info.inHeight - info.outHeight + top,
      right: info.inWidth - info.outWidth + left,
    },
  };
}

const conv2dBackpropInput: Kernel = ({ graph, inputs, attrs }) => {
  const [dy, filter] = [inputs['dy']!, inputs['filter']!];
  return backpropInput(graph, dy, filter, convGeometry(attrs, attrs.inputShape, filter.shape));
};

/**
 * Gradient with respect to the filter: dy times what the windows read, as `[out, taps·in]`. dy is the smaller side to
 * transpose, and from there to the OIHW of PyTorch's models it is not far (measured in docs/engine.md). Large images
 * go a few at a time, so that what their windows read stays in the processor's cache.
 */
const conv2dBackpropFilter: Kernel = ({ graph, inputs, attrs }) => {
  const info = convGeometry(attrs, inputs['x']!.shape, attrs.filterShape);
  const [x, dy] = [toNhwc(graph, inputs['x']!, info), toNhwc(graph, inputs['dy']!, info)];
  const products = imageGroups(info).map(([from, to]) => {
    const group = { ...info, batchSize: to - from };
    return filterProduct(graph, images(graph, x, from, to), images(graph, dy, from, to), group);
  });
  const product = products.reduce((sum, one) => binary(graph, 'Add', sum, one));
  const [height, width, inChannels, outChannels] = attrs.filterShape as [number, number, number, number];
  const ohwi = reshape(graph, product, [outChannels, height, width, inChannels]);
  return transpose(graph, ohwi, [1, 2, 3, 0]);
};

function filterProduct(graph: Recorder, x: Value, dy: Value, info: Conv2DInfo): Value {
  const rows = patches(graph, x, info);
  return matMul(graph, reshape(graph, dy, [rows.shape[0]!, info.outChannels]), rows, true, false);
}

function images(graph: Recorder, x: Value, from: number, to: number): Value {
  return slice(graph, x, [from, 0, 0, 0], [to - from, ...x.shape.slice(1)]);
}

/** Ranges of images whose patches are of `PATCH_BYTES`; all at once where the forward pass has made them already. */
function imageGroups(info: Conv2DInfo): readonly (readonly [from: number, to: number])[] {
  const { batchSize, outHeight, outWidth, filterHeight, filterWidth, inChannels } = info;
  const bytes = 4 * outHeight * outWidth * filterHeight * filterWidth * inChannels;
  const shared = prefersPatches(info) || readsOwnPixel(info);
  const size = shared ? batchSize : Math.max(1, Math.floor(PATCH_BYTES / bytes));
  return Array.from({ length: Math.ceil(batchSize / size) }, (_, i) => [
    i * size,
    Math.min(batchSize, (i + 1) * size),
  ]);
}

const PATCH_BYTES = 2 ** 24;

/** Gradients of convolutions over two dimensions. */
export const convGradientKernels: KernelFamily = {
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
};
