import { matMul, reshape, transpose } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { conv2d } from './conv.js';
import {
  convGeometry,
  fromNchw,
  inNchw,
  toNchw,
  toNhwc,
  unreached,
  windowAttributes,
  type Conv2DInfo,
} from './conv-geometry.js';
import type { Kernel, KernelFamily } from './kernel.js';
import { patches } from './patches.js';
import { reverseAxes } from './shapes.js';

/** Up to this many output channels the filter gradient is faster computed transposed. */
const NARROW_CHANNELS = 32;

/** Gradient with respect to the input: each input pixel collects from the windows that read it. */
function backpropInput(graph: Recorder, dy: Value, filter: Value, info: Conv2DInfo): Value {
  if (info.strideHeight === 1 && info.strideWidth === 1) {
    // With stride 1 that is itself a convolution: of dy, with the filter turned by 180° and in and out swapped.
    const turned = transpose(graph, reverseAxes(graph, filter, [0, 1]), [0, 1, 3, 2]);
    return conv2d(graph, dy, turned, turnedGeometry(info));
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

/** Gradient with respect to the filter: what the windows read, times dy. */
const conv2dBackpropFilter: Kernel = ({ graph, inputs, attrs }) => {
  const info = convGeometry(attrs, inputs['x']!.shape, attrs.filterShape);
  const rows = patches(graph, toNhwc(graph, inputs['x']!, info), info);
  const dy = reshape(graph, toNhwc(graph, inputs['dy']!, info), [rows.shape[0]!, info.outChannels]);
  const product =
    info.outChannels <= NARROW_CHANNELS
      ? transpose(graph, matMul(graph, dy, rows, true, false), [1, 0])
      : matMul(graph, rows, dy, true, false);
  return reshape(graph, product, attrs.filterShape);
};

/** Gradients of convolutions over two dimensions. */
export const convGradientKernels: KernelFamily = {
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
};
