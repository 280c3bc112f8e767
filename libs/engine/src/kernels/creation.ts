import { where } from '../recorder/operations.js';
import type { Value } from '../recorder/value.js';
import type { Kernel, KernelFamily } from './kernel.js';
import { refuse } from './refusals.js';

const fill: Kernel = ({ graph, attrs }) => {
  const dtype = attrs.dtype ?? (typeof attrs.value === 'string' ? 'string' : 'float32');
  if (dtype === 'string') throw refuse('string tensors');
  return graph.filled(dtype, attrs.shape, Number(attrs.value));
};

function like(number: number): Kernel {
  return ({ graph, inputs }) => graph.filled(inputs['x']!.dtype, inputs['x']!.shape, number);
}

const range: Kernel = ({ graph, attrs }) => {
  const { start, stop, step, dtype } = attrs;
  const empty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
  const count = empty ? 0 : Math.abs(Math.ceil((stop - start) / step));
  const stride = stop < start && step === 1 ? -1 : step;
  const numbers = Array.from({ length: count }, (_, i) => start + i * stride);
  const data = dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
  return graph.leaf(dtype === 'int32' ? 'int32' : 'float32', [count], data);
};

const linSpace: Kernel = ({ graph, attrs }) => {
  const stride = attrs.num > 1 ? (attrs.stop - attrs.start) / (attrs.num - 1) : 0;
  const data = Float32Array.from({ length: attrs.num }, (_, i) => attrs.start + i * stride);
  return graph.leaf('float32', [attrs.num], data);
};

/** The index compared with 0 … depth−1: an index outside gives a row of off values, as it should. */
const oneHot: Kernel = ({ graph, inputs, attrs }) => {
  const indices = inputs['indices']!;
  const { depth, onValue, offValue, dtype } = attrs;
  const ints = (number: number): Value => graph.scalar('int32', number);
  const classes = graph.op('Range', [ints(0), ints(depth), ints(1)], 'int32', [depth]);
  const column = graph.op('Unsqueeze', [indices, graph.ints([-1])], 'int32', [...indices.shape, 1]);
  const hits = graph.op('Equal', [column, classes], 'bool', [...indices.shape, depth]);
  if (dtype === 'bool' && onValue === 1 && offValue === 0) return hits;
  return where(graph, hits, graph.scalar(dtype, onValue), graph.scalar(dtype, offValue));
};

/** Kernels that make tensors. */
export const creationKernels: KernelFamily = {
  Fill: fill,
  LinSpace: linSpace,
  OneHot: oneHot,
  OnesLike: like(1),
  Range: range,
  ZerosLike: like(0),
};
