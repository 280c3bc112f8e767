import { binary, matMul, reshape, transpose } from '../recorder/operations.js';
import { quantise, quantisedProduct } from '../recorder/quantised-matmul.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { activate } from './activation.js';
import {
  convGeometry,
  fromNchw,
  fromNhwc,
  outNchw,
  outNhwc,
  toNchw,
  toNhwc,
  windowAttributes,
  type Conv2DInfo,
} from './conv-geometry.js';
import type { Kernel, KernelFamily } from './kernel.js';
import { patches, readsOwnPixel } from './patches.js';

/**
 * Below this many output pixels per image one product over all patches is faster than ONNX Runtime's
 * convolution, which makes a small product per image; measured in docs/engine.md.
 */
const PATCH_PIXELS = 256;

/** Whether a convolution with this geometry is computed as a product with patches. */
export function prefersPatches(info: Conv2DInfo): boolean {
  return readsOwnPixel(info) || info.outHeight * info.outWidth < PATCH_PIXELS;
}

/** Records the convolution of images in the geometry's layout with an HWIO filter. */
export function conv2d(graph: Recorder, x: Value, filter: Value, info: Conv2DInfo): Value {
  if (filter.frozen === 'int8' && !readsOwnPixel(info)) return quantisedConv2d(graph, x, filter, info);
  if (prefersPatches(info)) {
    const rows = patches(graph, toNhwc(graph, x, info), info);
    const product = timesFilter(graph, rows, filter, info.outChannels);
    return fromNhwc(graph, reshape(graph, product, outNhwc(info)), info);
  }
  const inputs = [toNchw(graph, x, info), transpose(graph, filter, [3, 2, 0, 1])];
  const y = graph.op('Conv', inputs, 'float32', outNchw(info), windowAttributes(info));
  return fromNchw(graph, y, info);
}

/**
 * Patches times an HWIO filter. Weights of PyTorch's models lie as OIHW; for them `[out, taps·in]`, which the product
 * reads transposed, is several times cheaper to make than `[taps·in, out]` (measured in docs/engine.md).
 */
function timesFilter(graph: Recorder, rows: Value, filter: Value, outChannels: number): Value {
  const columns = rows.shape[1]!;
  if (filter.producer?.type !== 'Transpose' || filter.frozen !== null) {
    return matMul(graph, rows, reshape(graph, filter, [columns, outChannels]));
  }
  const matrix = reshape(graph, transpose(graph, filter, [3, 0, 1, 2]), [outChannels, columns]);
  return matMul(graph, rows, matrix, false, true);
}

/** The convolution as a product of whole numbers with all patches, which are a quarter as large then. */
function quantisedConv2d(graph: Recorder, x: Value, filter: Value, info: Conv2DInfo): Value {
  const { numbers, scale, zero } = quantise(graph, toNhwc(graph, x, info));
  const rows = patches(graph, numbers, info, { outside: zero });
  const matrix = reshape(graph, filter, [rows.shape[1]!, info.outChannels]);
  const product = quantisedProduct(graph, { numbers: rows, scale, zero }, matrix);
  return fromNhwc(graph, reshape(graph, product, outNhwc(info)), info);
}

const conv2dKernel: Kernel = ({ graph, inputs, attrs }) => {
  const [x, filter] = [inputs['x']!, inputs['filter']!];
  return conv2d(graph, x, filter, convGeometry(attrs, x.shape, filter.shape));
};

const fusedConv2d: Kernel = ({ graph, inputs, attrs }) => {
  const [x, filter] = [inputs['x']!, inputs['filter']!];
  const info = convGeometry(attrs, x.shape, filter.shape);
  const y = conv2d(graph, x, filter, info);
  const biased = inputs['bias'] ? binary(graph, 'Add', y, alignChannels(graph, inputs['bias'], info)) : y;
  const slope = inputs['preluActivationWeights'];
  return activate(graph, biased, attrs, slope && alignChannels(graph, slope, info));
};

/** A vector over channels in a shape that broadcasts against the output. */
export function alignChannels(graph: Recorder, vector: Value, info: Conv2DInfo): Value {
  const channelsFirst = info.dataFormat === 'channelsFirst' && vector.shape.length === 1;
  return channelsFirst ? reshape(graph, vector, [vector.size, 1, 1]) : vector;
}

/** Convolutions over two dimensions. */
export const convKernels: KernelFamily = { Conv2D: conv2dKernel, FusedConv2D: fusedConv2d };
