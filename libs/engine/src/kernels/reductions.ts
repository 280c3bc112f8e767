import * as tf from '@tensorflow/tfjs-core';
import { binary, cast, expand, reduce, reshape, unary, where } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import { sizeOf, type Value } from '../recorder/value.js';
import { listOf, type Kernel, type KernelCall, type KernelFamily } from './kernel.js';

type Reduction = Parameters<typeof reduce>[1];

/** Axes as TensorFlow.js gives them (one, several, none, negative) as sorted whole numbers from 0. */
function axesOf({ inputs, attrs }: KernelCall): number[] {
  const axis = attrs.axis ?? attrs.reductionIndices;
  return tf.util.parseAxisParam(axis, [...inputs['x']!.shape]).sort((a, b) => a - b);
}

function numeric(type: Reduction): Kernel {
  return (call) => {
    const x = call.inputs['x']!;
    if (x.dtype !== 'bool') return reduce(call.graph, type, x, axesOf(call), call.attrs.keepDims);
    const result = reduce(call.graph, type, cast(call.graph, x, 'int32'), axesOf(call), call.attrs.keepDims);
    return cast(call.graph, result, type === 'ReduceSum' || type === 'ReduceProd' ? 'int32' : 'bool');
  };
}

/** All and any: the smallest and the largest of 0 and 1. */
function logical(type: 'ReduceMin' | 'ReduceMax'): Kernel {
  return (call) => {
    const x = cast(call.graph, call.inputs['x']!, 'int32');
    return cast(call.graph, reduce(call.graph, type, x, axesOf(call), call.attrs.keepDims), 'bool');
  };
}

const mean: Kernel = (call) => {
  const x = cast(call.graph, call.inputs['x']!, 'float32');
  return reduce(call.graph, 'ReduceMean', x, axesOf(call), call.attrs.keepDims);
};

/** The largest or smallest elements; NaN when there is one among them, which ONNX Runtime overlooks. */
function extreme(type: 'ReduceMax' | 'ReduceMin'): Kernel {
  const plain = numeric(type);
  return (call) => {
    const { graph, inputs, attrs } = call;
    const x = inputs['x']!;
    if (x.dtype !== 'float32') return plain(call);
    const isNan = cast(graph, unary(graph, 'IsNaN', x, 'bool'), 'int32');
    const hasNan = cast(graph, reduce(graph, 'ReduceMax', isNan, axesOf(call), attrs.keepDims), 'bool');
    return where(graph, hasNan, graph.scalar('float32', NaN), plain(call) as Value);
  };
}

/** Place of the largest or smallest element; NaN never wins. */
function argument(type: 'ArgMax' | 'ArgMin', loser: number): Kernel {
  return (call) => {
    const { graph, attrs } = call;
    const x = comparable(graph, call.inputs['x']!, loser);
    const [axis] = tf.util.parseAxisParam(attrs.axis, [...x.shape]);
    const shape = x.shape.filter((_, i) => i !== axis);
    return cast(graph, graph.op(type, [x], 'int64', shape, { axis: axis!, keepdims: 0 }), 'int32');
  };
}

function comparable(graph: Recorder, x: Value, loser: number): Value {
  if (x.dtype === 'bool') return cast(graph, x, 'int32');
  if (x.dtype !== 'float32') return x;
  return where(graph, unary(graph, 'IsNaN', x, 'bool'), graph.scalar('float32', loser), x);
}

const addN: Kernel = ({ graph, inputs }) => listOf(inputs).reduce((sum, x) => binary(graph, 'Add', sum, x));

function softmax(type: 'Softmax' | 'LogSoftmax'): Kernel {
  return ({ graph, inputs, attrs }) => {
    const x = cast(graph, inputs['logits']!, 'float32');
    const [axis] = tf.util.parseAxisParam(attrs.dim ?? attrs.axis ?? -1, [...x.shape]);
    return graph.op(type, [x], 'float32', x.shape, { axis: axis! });
  };
}

const cumsum: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const [axis] = tf.util.parseAxisParam(attrs.axis, [...x.shape]);
  const flags = { exclusive: attrs.exclusive ? 1 : 0, reverse: attrs.reverse ? 1 : 0 };
  return graph.op('CumSum', [x, graph.scalar('int64', axis!)], x.dtype, x.shape, flags);
};

const topK: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const shape = [...x.shape.slice(0, -1), attrs.k as number];
  const [values, indices] = graph.multiOp(
    'TopK',
    [x, graph.ints([attrs.k])],
    [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ],
    // Sorted even when the order is free: then equal elements come in the order of their places.
    { axis: x.shape.length - 1, sorted: 1 },
  );
  return [values!, cast(graph, indices!, 'int32')];
};

/** Any contraction over named dimensions, as one operator. */
const einsum: Kernel = ({ graph, inputs, attrs }) => {
  const values = listOf(inputs);
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(attrs.equation, values.length);
  const infos = values.map(
    ({ shape }) => ({ shape: [...shape], rank: shape.length }) as unknown as tf.Tensor,
  );
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, infos);
  const equation = (attrs.equation as string).replace(/\s/g, '');
  return graph.op('Einsum', values, values[0]!.dtype, einsumShape(equation, values), { equation });
};

function einsumShape(equation: string, values: readonly Value[]): number[] {
  const [terms = '', result = ''] = equation.split('->');
  const sizes = new Map<string, number>();
  terms.split(',').forEach((term, i) => {
    [...term].forEach((name, d) => sizes.set(name, values[i]!.shape[d]!));
  });
  return [...result].map((name) => sizes.get(name)!);
}

/** Sums over the first dimension, one row per segment; rows with a negative id are left out. */
const unsortedSegmentSum: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const ids = inputs['segmentIds']!;
  const kept = binary(graph, 'GreaterOrEqual', ids, graph.scalar(ids.dtype, 0), 'bool');
  const perRow = [...ids.shape, ...x.shape.slice(ids.shape.length).map(() => 1)];
  const rows = binary(graph, 'Mul', x, reshape(graph, cast(graph, kept, x.dtype), perRow));
  const places = binary(graph, 'Max', ids, graph.scalar(ids.dtype, 0));
  const inner = x.shape.slice(ids.shape.length);
  const segments = attrs.numSegments as number;
  const columns = sizeOf(inner);
  const sums = scatterAdd(
    graph,
    segments,
    reshape(graph, places, [ids.size]),
    reshape(graph, rows, [ids.size, columns]),
  );
  return reshape(graph, sums, [segments, ...inner]);
};

/**
 * Zeros of shape `[count, columns]` with row i of `rows` added at row `places[i]`. ScatterElements, because
 * ONNX Runtime's ScatterND adds with several threads without regard to rows that meet.
 */
export function scatterAdd(graph: Recorder, count: number, places: Value, rows: Value): Value {
  const zeros = graph.filled(rows.dtype, [count, rows.shape[1]!], 0);
  const everywhere = expand(graph, reshape(graph, places, [places.size, 1]), rows.shape);
  const inputs = [zeros, everywhere, rows];
  return graph.op('ScatterElements', inputs, rows.dtype, zeros.shape, { axis: 0, reduction: 'add' });
}

/** Kernels that combine elements along dimensions. */
export const reductionKernels: KernelFamily = {
  AddN: addN,
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: argument('ArgMax', -Infinity),
  ArgMin: argument('ArgMin', Infinity),
  Cumsum: cumsum,
  Einsum: einsum,
  LogSoftmax: softmax('LogSoftmax'),
  Max: extreme('ReduceMax'),
  Mean: mean,
  Min: extreme('ReduceMin'),
  Prod: numeric('ReduceProd'),
  Softmax: softmax('Softmax'),
  Sum: numeric('ReduceSum'),
  TopK: topK,
  UnsortedSegmentSum: unsortedSegmentSum,
};
