import * as tf from '@tensorflow/tfjs-core';
import { binary, cast, expand, reduce, reshape, transpose, where } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import { sizeOf, type Value } from '../recorder/value.js';
import type { Kernel, KernelFamily } from './kernel.js';
import { scatterAdd } from './reductions.js';

/** Takes slices along an axis; leading `batchDims` dimensions are gathered each on its own. */
const gatherV2: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const indices = inputs['indices']!;
  const [axis] = tf.util.parseAxisParam(attrs.axis, [...x.shape]);
  const { batchDims } = attrs as { batchDims: number };
  const batch = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
  tf.backend_util.segment_util.collectGatherOpShapeInfo(asInfo(x), asInfo(indices), axis!, batchDims);
  const tail = indices.shape.slice(batch);
  const shape = [...x.shape.slice(0, axis), ...tail, ...x.shape.slice(axis! + 1)];
  if (batch === 0) return graph.op('Gather', [x, indices], x.dtype, shape, { axis: axis! });
  // GatherND takes the dimension right after the batch: bring the axis there and back.
  const between = x.shape.slice(batch, axis);
  const rank = x.shape.length;
  const order = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const front = transpose(graph, x, [
    ...order(0, batch),
    axis!,
    ...order(batch, axis!),
    ...order(axis! + 1, rank),
  ]);
  const points = reshape(graph, cast(graph, indices, 'int64'), [...indices.shape, 1]);
  const gathered = [...x.shape.slice(0, batch), ...tail, ...between, ...x.shape.slice(axis! + 1)];
  const result = graph.op('GatherND', [front, points], x.dtype, gathered, { batch_dims: batch });
  const middle = batch + tail.length;
  const after = middle + between.length;
  return transpose(graph, result, [
    ...order(0, batch),
    ...order(middle, after),
    ...order(batch, middle),
    ...order(after, gathered.length),
  ]);
};

const gatherNd: Kernel = ({ graph, inputs }) => {
  const [params, indices] = [inputs['params']!, inputs['indices']!];
  tf.gather_util.prepareAndValidate(asInfo(params), asInfo(indices));
  const depth = indices.shape.at(-1)!;
  const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
  return graph.op('GatherND', [params, cast(graph, indices, 'int64')], params.dtype, shape);
};

const scatterNd: Kernel = ({ graph, inputs, attrs }) => {
  const [indices, updates] = [inputs['indices']!, inputs['updates']!];
  tf.scatter_util.validateInput(asInfo(updates), asInfo(indices), attrs.shape);
  // A plain list of indices names rows.
  const depth = indices.shape.length > 1 ? indices.shape.at(-1)! : 1;
  const [outer, inner] = [attrs.shape.slice(0, depth) as number[], attrs.shape.slice(depth) as number[]];
  const places = linearPlaces(graph, reshape(graph, indices, [indices.size / depth, depth]), outer);
  const points = indices.shape.length > 1 ? indices.shape.slice(0, -1) : indices.shape;
  const rows = reshape(graph, expand(graph, updates, [...points, ...inner]), [places.size, sizeOf(inner)]);
  return reshape(graph, scatterAdd(graph, sizeOf(outer), places, rows), attrs.shape);
};

/** Index tuples `[n, depth]` into dimensions of the given sizes, as places `[n]` in their flattened order. */
function linearPlaces(graph: Recorder, tuples: Value, sizes: readonly number[]): Value {
  const strides = sizes.map((_, i) => sizeOf(sizes.slice(i + 1)));
  const weighted = binary(graph, 'Mul', tuples, graph.constant(tuples.dtype, [sizes.length], strides));
  return reduce(graph, 'ReduceSum', weighted, [1]);
}

/** What the checks of TensorFlow.js read of a tensor. */
function asInfo({ dtype, shape }: Value): tf.Tensor {
  return { dtype, shape: [...shape], rank: shape.length } as unknown as tf.Tensor;
}

const tensorScatterUpdate: Kernel = ({ graph, inputs }) => {
  const x = inputs['tensor']!;
  const indices = cast(graph, inputs['indices']!, 'int64');
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(indices.shape.at(-1)!)];
  return graph.op('ScatterND', [x, indices, expand(graph, inputs['updates']!, shape)], x.dtype, x.shape);
};

const select: Kernel = ({ graph, inputs }) => {
  const yes = inputs['t']!;
  const condition = cast(graph, inputs['condition']!, 'bool');
  // A condition of one dimension chooses whole rows.
  const rows = condition.shape.length === 1 && yes.shape.length > 1;
  const shaped = rows
    ? reshape(graph, condition, [condition.size, ...yes.shape.slice(1).map(() => 1)])
    : condition;
  return where(graph, shaped, yes, inputs['e']!);
};

/** Kernels that pick or place elements by index or condition. */
export const indexingKernels: KernelFamily = {
  GatherNd: gatherNd,
  GatherV2: gatherV2,
  ScatterNd: scatterNd,
  Select: select,
  TensorScatterUpdate: tensorScatterUpdate,
};
