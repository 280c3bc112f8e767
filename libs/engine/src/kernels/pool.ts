import { binary, expand, reduce, reshape, slice, transpose } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import {
  inNchw,
  outNchw,
  poolGeometry,
  TO_NCHW,
  TO_NHWC,
  unreached,
  windowAttributes,
  type Conv2DInfo,
} from './conv-geometry.js';
import type { Kernel, KernelFamily } from './kernel.js';
import { scatterAdd } from './reductions.js';

/** Whether the windows cut the image into equal tiles. */
function isTiling(info: Conv2DInfo): boolean {
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
function tilePlace(graph: Recorder, x: Value, info: Conv2DInfo, row: number, column: number): Value {
  const size = [info.batchSize, info.outHeight, info.outWidth, info.inChannels];
  return slice(graph, x, [0, row, column, 0], size, [1, info.strideHeight, info.strideWidth, 1]);
}

const avgPool: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const info = poolGeometry(attrs, x.shape);
  if (isTiling(info)) return tileMean(graph, x, info);
  const shape = outNchw(info);
  const attributes = { ...windowAttributes(info), count_include_pad: 0 };
  const y = graph.op('AveragePool', [transpose(graph, x, TO_NCHW)], 'float32', shape, attributes);
  return transpose(graph, y, TO_NHWC);
};

function tileMean(graph: Recorder, x: Value, info: Conv2DInfo): Value {
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
  const info = poolGeometry(attrs, x.shape);
  if (isTiling(info)) return spreadTiles(graph, dy, info);
  const ones = graph.constant('float32', [1, 1, 1, 1], [1]);
  const image = expand(graph, ones, [1, 1, info.inHeight, info.inWidth]);
  const filter = expand(graph, ones, [1, 1, info.filterHeight, info.filterWidth]);
  const counts = graph.op(
    'Conv',
    [image, filter],
    'float32',
    [1, 1, info.outHeight, info.outWidth],
    windowAttributes(info),
  );
  const planes = info.batchSize * info.inChannels;
  const dyPlanes = reshape(graph, transpose(graph, dy, TO_NCHW), [planes, 1, info.outHeight, info.outWidth]);
  const shares = binary(graph, 'Div', dyPlanes, counts);
  const shape = [planes, 1, info.inHeight, info.inWidth];
  const attributes = { ...windowAttributes(info), output_padding: unreached(info) };
  const dx = graph.op('ConvTranspose', [shares, filter], 'float32', shape, attributes);
  return transpose(graph, reshape(graph, dx, inNchw(info)), TO_NHWC);
};

function spreadTiles(graph: Recorder, dy: Value, info: Conv2DInfo): Value {
  const { batchSize, outHeight, outWidth, strideHeight, strideWidth, inChannels } = info;
  const share = binary(graph, 'Mul', dy, graph.scalar('float32', 1 / (strideHeight * strideWidth)));
  const small = reshape(graph, share, [batchSize, outHeight, 1, outWidth, 1, inChannels]);
  const tiled = [batchSize, outHeight, strideHeight, outWidth, strideWidth, inChannels];
  return reshape(graph, expand(graph, small, tiled), info.inShape);
}

/** The maxima, and where each lies in the flattened NCHW input. */
function maxima(graph: Recorder, x: Value, info: Conv2DInfo): Value[] {
  const shape = outNchw(info);
  const outputs = [
    { dtype: 'float32', shape },
    { dtype: 'int64', shape },
  ] as const;
  return graph.multiOp('MaxPool', [transpose(graph, x, TO_NCHW)], outputs, windowAttributes(info));
}

const maxPool: Kernel = ({ graph, inputs, attrs }) => {
  const info = poolGeometry(attrs, inputs['x']!.shape);
  const x = transpose(graph, inputs['x']!, TO_NCHW);
  const y = graph.op('MaxPool', [x], 'float32', outNchw(info), windowAttributes(info));
  return transpose(graph, y, TO_NHWC);
};

/** Adds dy at the place of each window's maximum. */
const maxPoolGrad: Kernel = ({ graph, inputs, attrs }) => {
  const [dy, x] = [inputs['dy']!, inputs['input']!];
  const info = poolGeometry(attrs, x.shape);
  const [, places] = maxima(graph, x, info);
  const updates = reshape(graph, transpose(graph, dy, TO_NCHW), [dy.size, 1]);
  const dx = scatterAdd(graph, x.size, reshape(graph, places!, [dy.size]), updates);
  return transpose(graph, reshape(graph, dx, inNchw(info)), TO_NHWC);
};

/** Pooling over two dimensions and its gradients. */
export const poolKernels: KernelFamily = {
  AvgPool: avgPool,
  AvgPoolGrad: avgPoolGrad,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
};
