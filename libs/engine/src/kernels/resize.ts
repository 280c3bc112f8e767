import { cast, matMul, reshape } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import type { Kernel, KernelCall, KernelFamily } from './kernel.js';

type Weigh = (source: number, last: number, add: (index: number, weight: number) => void) => void;

/** Two neighbours, weighted by how near they are. */
const bilinear: Weigh = (source, last, add) => {
  const at = Math.max(0, source);
  const low = Math.floor(at);
  add(Math.min(last, low), 1 - (at - low));
  add(Math.min(last, Math.ceil(at)), at - low);
};

const nearest =
  (round: (source: number) => number): Weigh =>
  (source, last, add) =>
    add(Math.max(0, Math.min(last, round(source))), 1);

/**
 * Resizing one dimension is a product with this `[out, in]` matrix, and its gradient one with the transpose.
 */
function resizeMatrix(
  inSize: number,
  outSize: number,
  attrs: KernelCall['attrs'],
  weigh: Weigh,
): Float32Array {
  const { alignCorners, halfPixelCenters } = attrs;
  const aligned = alignCorners && outSize > 1;
  const scale = aligned ? (inSize - 1) / (outSize - 1) : inSize / outSize;
  const matrix = new Float32Array(outSize * inSize);
  for (let i = 0; i < outSize; i++) {
    const source = halfPixelCenters ? (i + 0.5) * scale - 0.5 : i * scale;
    weigh(source, inSize - 1, (index, weight) => {
      matrix[i * inSize + index]! += weight;
    });
  }
  return matrix;
}

function matrices(
  graph: Recorder,
  inShape: readonly number[],
  outSize: readonly number[],
  attrs: KernelCall['attrs'],
  weigh: Weigh,
): [Value, Value] {
  const make = (from: number, to: number): Value =>
    graph.leaf('float32', [to, from], resizeMatrix(from, to, attrs, weigh));
  return [make(inShape[1]!, outSize[0]!), make(inShape[2]!, outSize[1]!)];
}

function nearestOf(attrs: KernelCall['attrs']): Weigh {
  if (attrs.halfPixelCenters) return nearest((source) => Math.floor(source + 0.5));
  return nearest(attrs.alignCorners ? Math.round : Math.floor);
}

/** Applies one matrix along the rows and one along the columns of NHWC images. */
function apply(graph: Recorder, images: Value, rows: Value, columns: Value, transposed: boolean): Value {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  const out = (matrix: Value): number => matrix.shape[transposed ? 1 : 0]!;
  const tall = matMul(graph, rows, reshape(graph, images, [n, h, w * c]), transposed);
  const lines = reshape(graph, tall, [n * out(rows), w, c]);
  return reshape(graph, matMul(graph, columns, lines, transposed), [n, out(rows), out(columns), c]);
}

function resize(weighOf: (attrs: KernelCall['attrs']) => Weigh): Kernel {
  return ({ graph, inputs, attrs }) => {
    const images = cast(graph, inputs['images']!, 'float32');
    const [rows, columns] = matrices(graph, images.shape, attrs.size, attrs, weighOf(attrs));
    return apply(graph, images, rows, columns, false);
  };
}

function resizeGrad(weighOf: (attrs: KernelCall['attrs']) => Weigh): Kernel {
  return ({ graph, inputs, attrs }) => {
    const dy = inputs['dy']!;
    const [rows, columns] = matrices(
      graph,
      inputs['images']!.shape,
      dy.shape.slice(1, 3),
      attrs,
      weighOf(attrs),
    );
    return apply(graph, dy, rows, columns, true);
  };
}

/** Resizing of images and its gradients. */
export const resizeKernels: KernelFamily = {
  ResizeBilinear: resize(() => bilinear),
  ResizeBilinearGrad: resizeGrad(() => bilinear),
  ResizeNearestNeighbor: resize(nearestOf),
  ResizeNearestNeighborGrad: resizeGrad(nearestOf),
};
