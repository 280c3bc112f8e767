import { binary, reduce, reshape, transpose } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { activate } from './activation.js';
import { alignChannels } from './conv.js';
import {
  convGeometry,
  fromNchw,
  inNchw,
  outNchw,
  toNchw,
  toNhwc,
  unreached,
  windowAttributes,
  type Conv2DInfo,
} from './conv-geometry.js';
import type { Kernel, KernelFamily } from './kernel.js';
import { patches } from './patches.js';

/** The filter `[h, w, in, multiplier]` as ONNX wants it for one group per input channel. */
function groupFilter(graph: Recorder, filter: Value): Value {
  const [h, w, channels, multiplier] = filter.shape as [number, number, number, number];
  return reshape(graph, transpose(graph, filter, [2, 3, 0, 1]), [channels * multiplier, 1, h, w]);
}

function depthwise(graph: Recorder, x: Value, filter: Value, info: Conv2DInfo): Value {
  const attributes = { ...windowAttributes(info), group: info.inChannels };
  const inputs = [toNchw(graph, x, info), groupFilter(graph, filter)];
  return fromNchw(graph, graph.op('Conv', inputs, 'float32', outNchw(info), attributes), info);
}

const depthwiseKernel: Kernel = ({ graph, inputs, attrs }) => {
  const [x, filter] = [inputs['x']!, inputs['filter']!];
  return depthwise(graph, x, filter, convGeometry(attrs, x.shape, filter.shape, true));
};

const fusedDepthwise: Kernel = ({ graph, inputs, attrs }) => {
  const [x, filter] = [inputs['x']!, inputs['filter']!];
  const info = convGeometry(attrs, x.shape, filter.shape, true);
  const y = depthwise(graph, x, filter, info);
  const biased = inputs['bias'] ? binary(graph, 'Add', y, alignChannels(graph, inputs['bias'], info)) : y;
  return activate(graph, biased, attrs, inputs['preluActivationWeights']);
};

const backpropInput: Kernel = ({ graph, inputs, attrs }) => {
  const info = convGeometry(attrs, attrs.inputShape, inputs['filter']!.shape, true);
  const operands = [toNchw(graph, inputs['dy']!, info), groupFilter(graph, inputs['filter']!)];
  const attributes = { ...windowAttributes(info), group: info.inChannels, output_padding: unreached(info) };
  const dx = graph.op('ConvTranspose', operands, 'float32', inNchw(info), attributes);
  return fromNchw(graph, dx, info);
};

/** What the windows read, times dy of the same channel, summed over all output pixels. */
const backpropFilter: Kernel = ({ graph, inputs, attrs }) => {
  const [h, w, channels, multiplier] = attrs.filterShape as [number, number, number, number];
  const info = convGeometry(attrs, inputs['x']!.shape, attrs.filterShape, true);
  const rows = patches(graph, toNhwc(graph, inputs['x']!, info), info);
  const count = rows.shape[0]!;
  const read = reshape(graph, rows, [count, h * w, channels, 1]);
  const dy = reshape(graph, toNhwc(graph, inputs['dy']!, info), [count, 1, channels, multiplier]);
  return reshape(graph, reduce(graph, 'ReduceSum', binary(graph, 'Mul', read, dy), [0]), attrs.filterShape);
};

/** Convolutions of each channel on its own, and their gradients. */
export const depthwiseKernels: KernelFamily = {
  DepthwiseConv2dNative: depthwiseKernel,
  DepthwiseConv2dNativeBackpropFilter: backpropFilter,
  DepthwiseConv2dNativeBackpropInput: backpropInput,
  FusedDepthwiseConv2D: fusedDepthwise,
};
