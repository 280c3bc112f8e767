import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../recorder/graph-node.js';
import { transpose } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import type { KernelCall } from './kernel.js';

/** Sizes, strides, dilations and padding of one convolution or pooling. */
export type Conv2DInfo = tf.backend_util.Conv2DInfo;

/** Permutations between the two image layouts. */
export const TO_NCHW = [0, 3, 1, 2];
export const TO_NHWC = [0, 2, 3, 1];

type Shape4D = [number, number, number, number];

/** Geometry of a convolution from a kernel's attributes; the filter is HWIO. */
export function convGeometry(
  attrs: KernelCall['attrs'],
  inShape: readonly number[],
  filterShape: readonly number[],
  depthwise = false,
): Conv2DInfo {
  return tf.backend_util.computeConv2DInfo(
    [...inShape] as Shape4D,
    [...filterShape] as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    tf.backend_util.convertConv2DDataFormat(attrs.dataFormat ?? 'NHWC'),
  );
}

/** Geometry of a pooling of NHWC images. */
export function poolGeometry(attrs: KernelCall['attrs'], inShape: readonly number[]): Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  return tf.backend_util.computePool2DInfo(
    [...inShape] as Shape4D,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

/** The geometry as attributes of an ONNX operator. */
export function windowAttributes(info: Conv2DInfo): Attributes {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
  };
}

/** Rows and columns at the end of the padded input that no window reaches. */
export function unreached(info: Conv2DInfo): [number, number] {
  const { top, left, bottom, right } = info.padInfo;
  const rows = (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight;
  const columns = (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth;
  return [info.inHeight + top + bottom - rows, info.inWidth + left + right - columns];
}

/** Shape of the output with channels first. */
export function outNchw(info: Conv2DInfo): number[] {
  return [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
}

/** Shape of the output with channels last. */
export function outNhwc(info: Conv2DInfo): number[] {
  return [info.batchSize, info.outHeight, info.outWidth, info.outChannels];
}

/** Shape of the input with channels first. */
export function inNchw(info: Conv2DInfo): number[] {
  return [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
}

/** Records the change from the geometry's layout to channels first. */
export function toNchw(graph: Recorder, x: Value, info: Conv2DInfo): Value {
  return info.dataFormat === 'channelsLast' ? transpose(graph, x, TO_NCHW) : x;
}

/** Records the change from channels first to the geometry's layout. */
export function fromNchw(graph: Recorder, x: Value, info: Conv2DInfo): Value {
  return info.dataFormat === 'channelsLast' ? transpose(graph, x, TO_NHWC) : x;
}

/** Records the change from the geometry's layout to channels last. */
export function toNhwc(graph: Recorder, x: Value, info: Conv2DInfo): Value {
  return info.dataFormat === 'channelsLast' ? x : transpose(graph, x, TO_NHWC);
}

/** Records the change from channels last to the geometry's layout. */
export function fromNhwc(graph: Recorder, x: Value, info: Conv2DInfo): Value {
  return info.dataFormat === 'channelsLast' ? x : transpose(graph, x, TO_NCHW);
}
