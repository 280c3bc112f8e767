import * as tf from '@tensorflow/tfjs-core';
import type { Attributes } from '../recorder/graph-node.js';
import { binary, expand, reduce, reshape, slice, transpose } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import type { Kernel, KernelCall, KernelFamily } from './kernel.js';
import { scatterAdd } from './reductions.js';

type Pool2DInfo = tf.backend_util.Conv2DInfo;

const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];

function geometry(attrs: KernelCall['attrs'], shape: readonly number[]): Pool2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const inShape = [...shape] as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(inShape, filterSize, strides, 1, pad, dimRoundingMode);
}

function poolAttributes(info: Pool2DInfo): Attributes {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
  };
}

const outNchw = (info: Pool2DInfo): number[] => [
  info.batchSize,
  info.inChannels,
  info.outHeight,
  info.outWidth,
];

/** Whether the windows cut the image into equal tiles. */
function isTiling(info: Pool2DInfo): boolean {
  const { padInfo: p } = info;
  return (
    info.filterHeight === info.strideHeight &&
    info.filterWidth === info.strideWidth &&
    info.outHeight * info.strideHeight === info.inHeight &&
    info.outWidth * info.strideWidth === info.inWidth &&
    p.top + p.left + p.bottom + p.right === 0
  );
}

/** The elements at one place of every tile, `[n, outHeight, outWidth, channels]`. */
function tilePlace(graph: Recorder, x: Value, info: Pool2DInfo, row: number, column: number): Value {
  const size = [info.batchSize, info.outHeight, info.outWidth, info.inChannels];
  return slice(graph, x, [0, row, column, 0], size, [1, info.strideHeight, info.strideWidth, 1]);
}

const avgPool: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const info = geometry(attrs, x.shape);
  if (isTiling(info)) return tileMean(graph, x, info);
  const shape = outNchw(info);
  const attributes = { ...poolAttributes(info), count_include_pad: 0 };
  const y = graph.op('AveragePool', [transpose(graph, x, TO_NCHW)], 'float32', shape, attributes);
  return transpose(graph, y, TO_NHWC);
};

function tileMean(graph: Recorder, x: Value, info: Pool2DInfo): Value {
  const { batchSize, outHeight, outWidth, strideHeight, strideWidth, inChannels } = info;
  if (outHeight === 1 && outWidth === 1) return reduce(graph, 'ReduceMean', x, [1, 2], true);
  const places: Value[] = [];
  for (let row = 0; row < strideHeight; row++) {
    for (let column = 0; column < strideWidth; column++) {
      places.push(tilePlace(graph, x, info, row, column));
    }
  }
  const shape = [batchSize, outHeight, outWidth, inChannels];
  const sum = places.length === 1 ? places[0]! : graph.op('Sum', places, 'float32', shape);
  return binary(graph, 'Mul', sum, graph.scalar('float32', 1 / places.length));
}

/** Spreads dy evenly over each window; windows at the rim have fewer elements. */
const avgPoolGrad: Kernel = ({ graph, inputs, attrs }) => {
  const [dy, x] = [inputs['dy']!, inputs['input']!];
  const info = geometry(attrs, x.shape);
  if (isTiling(info)) return spreadTiles(graph, dy, info);
  const ones = graph.constant('float32', [1, 1, 1, 1], [1]);
  const image = expand(graph, ones, [1, 1, info.inHeight, info.inWidth]);
  const filter = expand(graph, ones, [1, 1, info.filterHeight, info.filterWidth]);
  const counts = graph.op(
    'Conv',
    [image, filter],
    'float32',
    [1, 1, info.outHeight, info.outWidth],
    poolAttributes(info),
  );
  const planes = info.batchSize * info.inChannels;
  const dyPlanes = reshape(graph, transpose(graph, dy, TO_NCHW), [planes, 1, info.outHeight, info.outWidth]);
  const shares = binary(graph, 'Div', dyPlanes, counts);
  const { top, left, bottom, right } = info.padInfo;
  const rest = [
    info.inHeight + top + bottom - (info.outHeight - 1) * info.strideHeight - info.filterHeight,
    info.inWidth + left + right - (info.outWidth - 1) * info.strideWidth - info.filterWidth,
  ];
  const shape = [planes, 1, info.inHeight, info.inWidth];
  const attributes = { ...poolAttributes(info), output_padding: rest };
  const dx = graph.op('ConvTranspose', [shares, filter], 'float32', shape, attributes);
  const nchw = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  return transpose(graph, reshape(graph, dx, nchw), TO_NHWC);
};

function spreadTiles(graph: Recorder, dy: Value, info: Pool2DInfo): Value {
  const { batchSize, outHeight, outWidth, strideHeight, strideWidth, inChannels } = info;
  const share = binary(graph, 'Mul', dy, graph.scalar('float32', 1 / (strideHeight * strideWidth)));
  const small = reshape(graph, share, [batchSize, outHeight, 1, outWidth, 1, inChannels]);
  const tiled = [batchSize, outHeight, strideHeight, outWidth, strideWidth, inChannels];
  return reshape(graph, expand(graph, small, tiled), info.inShape);
}

/** The maxima, and where each lies in the flattened NCHW input. */
function maxima(graph: Recorder, x: Value, info: Pool2DInfo): Value[] {
  const shape = outNchw(info);
  const outputs = [
    { dtype: 'float32', shape },
    { dtype: 'int64', shape },
  ] as const;
  return graph.multiOp('MaxPool', [transpose(graph, x, TO_NCHW)], outputs, poolAttributes(info));
}

const maxPool: Kernel = ({ graph, inputs, attrs }) => {
  const info = geometry(attrs, inputs['x']!.shape);
  const x = transpose(graph, inputs['x']!, TO_NCHW);
  const y = graph.op('MaxPool', [x], 'float32', outNchw(info), poolAttributes(info));
  return transpose(graph, y, TO_NHWC);
};

/** Adds dy at the place of each window's maximum. */
const maxPoolGrad: Kernel = ({ graph, inputs, attrs }) => {
  const [dy, x] = [inputs['dy']!, inputs['input']!];
  const info = geometry(attrs, x.shape);
  const [, places] = maxima(graph, x, info);
  const updates = reshape(graph, transpose(graph, dy, TO_NCHW), [dy.size]);
  const dx = scatterAdd(graph, [x.size], reshape(graph, places!, [dy.size, 1]), updates);
  const nchw = [info.batchSize, info.inChannels, info.inHeight, info.inWidth];
  return transpose(graph, reshape(graph, dx, nchw), TO_NHWC);
};

/** Pooling over two dimensions and its gradients. */
export const poolKernels: KernelFamily = {
  AvgPool: avgPool,
  AvgPoolGrad: avgPoolGrad,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
};
