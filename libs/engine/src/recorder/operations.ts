import { UbtError } from '@ubt/errors';
import type { Recorder } from './recorder.js';
import { widenRows } from './widen-rows.js';
import { wideColumns } from './wide-columns.js';
import { withoutLastOnes } from './without-last-ones.js';
import { quantisedMatMul, withBias } from './quantised-matmul.js';
import { sameShape, type ElementType, type Value } from './value.js';

/** Records an element-wise operation of one input; the shape stays. */
export function unary(graph: Recorder, type: string, x: Value, dtype: ElementType = x.dtype): Value {
  return graph.op(type, [x], dtype, x.shape);
}

/** Records an element-wise operation of two broadcast inputs. */
export function binary(graph: Recorder, type: string, a: Value, b: Value, dtype?: ElementType): Value {
  if (type === 'Add') {
    const biased = withBias(graph, a, b) ?? withBias(graph, b, a);
    if (biased !== null) return biased;
  }
  const shape = broadcastShapes(a.shape, b.shape);
  const operands = unexpanded([a, b], shape);
  const shorter = withoutLastOnes([...operands.map((operand) => operand.shape), shape]);
  const [left, right] = operands.map((operand, i) => reshape(graph, operand, shorter[i]!)) as [Value, Value];
  const result =
    widened(graph, type, left, right, dtype ?? a.dtype, shorter[2]!) ??
    graph.op(type, [left, right], dtype ?? a.dtype, shorter[2]!);
  return reshape(graph, result, shape);
}

/** The operation on wider rows, when one operand is a short vector; null when it is none. */
function widened(
  graph: Recorder,
  type: string,
  a: Value,
  b: Value,
  dtype: ElementType,
  shape: readonly number[],
): Value | null {
  const right = a.size > b.size ? widenRows(graph, a, b) : null;
  const left = right === null && b.size > a.size ? widenRows(graph, b, a) : null;
  if (right === null && left === null) return null;
  const operands = right === null ? [left!.vector, left!.rows] : [right.rows, right.vector];
  return reshape(graph, graph.op(type, operands, dtype, operands[right === null ? 1 : 0]!.shape), shape);
}

/**
 * Operands without the recorded expansions that the broadcasting operation does anyway: gradients of sums and
 * means are full of them, and each would be a pass over memory.
 */
function unexpanded(operands: readonly Value[], shape: readonly number[]): readonly Value[] {
  let slim = operands;
  operands.forEach((operand, i) => {
    const node = operand.producer;
    if (node === null || node.taken || node.type !== 'Expand') return;
    const tried = slim.map((value, j) => (i === j ? node.inputs[0]! : value));
    const result = tried.reduce<readonly number[]>((all, value) => broadcastShapes(all, value.shape), []);
    if (sameShape(result, shape)) slim = tried;
  });
  return slim;
}

/**
 * The shape two shapes broadcast to; sizes must be equal or 1, aligned at the end.
 *
 * @throws UbtError `ENGINE_SHAPE_MISMATCH`
 */
export function broadcastShapes(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw shapeMismatch(`Shapes [${a.join()}] and [${b.join()}] cannot be broadcast together.`);
    }
    return left === 1 ? right : left;
  });
}

/** Records a change of element type; nothing when it is that already. */
export function cast(graph: Recorder, x: Value, dtype: ElementType): Value {
  if (x.dtype === dtype) return x;
  return graph.op('Cast', [x], dtype, x.shape, { to: CAST_TYPES[dtype] });
}

const CAST_TYPES: Record<ElementType, number> = {
  ...{ float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float64: 11 },
};

/** Records another shape for the same elements; nothing when it is that already, or was before another change. */
export function reshape(graph: Recorder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const node = x.producer;
  if (node !== null && !node.taken && node.type === 'Reshape') return reshape(graph, node.inputs[0]!, shape);
  return graph.op('Reshape', [x, graph.ints(shape)], x.dtype, shape, { allowzero: 1 });
}

/** Records a permutation of dimensions, two as one; a plain reshape when only dimensions of size 1 move. */
export function transpose(graph: Recorder, x: Value, perm: readonly number[]): Value {
  if (perm.every((from, to) => from === to)) return x;
  const node = x.producer;
  if (node !== null && !node.taken && node.type === 'Transpose') {
    const before = node.attributes['perm'] as readonly number[];
    return transpose(
      graph,
      node.inputs[0]!,
      perm.map((from) => before[from]!),
    );
  }
  const shape = perm.map((from) => x.shape[from]!);
  const moving = perm.filter((from) => x.shape[from] !== 1);
  if (moving.every((from, i) => i === 0 || moving[i - 1]! < from)) return reshape(graph, x, shape);
  return graph.op('Transpose', [x], x.dtype, shape, { perm });
}

/** Records a broadcast to a larger shape; nothing when it is that already. */
export function expand(graph: Recorder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  return graph.op('Expand', [x, graph.ints(shape)], x.dtype, shape);
}

/** Records a strided part: elements `begin + i·step` for `i` in `[0, size)` along each axis. */
export function slice(
  graph: Recorder,
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  step: readonly number[] = begin.map(() => 1),
): Value {
  const axes = begin
    .map((_, i) => i)
    .filter((i) => begin[i] !== 0 || size[i] !== x.shape[i] || step[i] !== 1);
  if (axes.length === 0) return x;
  const pick = (values: readonly number[]): Value => graph.ints(axes.map((axis) => values[axis]!));
  // A negative end counts from the back, so "before the first element" has to be written as -(size + 1).
  const ends = begin.map((first, i) => {
    const end = first + size[i]! * step[i]!;
    return end < 0 ? -x.shape[i]! - 1 : end;
  });
  return graph.op('Slice', [x, pick(begin), pick(ends), graph.ints(axes), pick(step)], x.dtype, size);
}

/** The error for operands that do not fit each other. */
export function shapeMismatch(message: string): UbtError {
  return new UbtError('invalid-argument', message, {
    code: 'ENGINE_SHAPE_MISMATCH',
    fix: 'Reshape, slice or broadcast the operands so that their sizes agree.',
  });
}

/** Records a concatenation along an axis. */
export function concat(graph: Recorder, parts: readonly Value[], axis: number): Value {
  const [first] = parts as [Value];
  for (const { shape } of parts) {
    if (
      shape.length !== first.shape.length ||
      shape.some((size, i) => i !== axis && size !== first.shape[i])
    ) {
      const shapes = parts.map((part) => `[${part.shape.join()}]`).join(', ');
      throw shapeMismatch(`Tensors of shapes ${shapes} cannot be joined along dimension ${axis}.`);
    }
  }
  const shape = [...first.shape];
  shape[axis] = parts.reduce((total, part) => total + part.shape[axis]!, 0);
  const filled = parts.filter((part) => part.size > 0);
  if (filled.length === 0) return graph.filled(first.dtype, shape, 0);
  return filled.length === 1 ? filled[0]! : graph.op('Concat', filled, first.dtype, shape, { axis });
}

/** Records padding with a constant: `pads[i]` is `[before, after]` of axis i. */
export function pad(
  graph: Recorder,
  x: Value,
  pads: readonly (readonly [number, number])[],
  value: Value = graph.scalar(x.dtype, 0),
): Value {
  if (pads.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((size, i) => size + pads[i]![0] + pads[i]![1]);
  const amounts = graph.ints([...pads.map(([before]) => before), ...pads.map(([, after]) => after)]);
  return graph.op('Pad', [x, amounts, value], x.dtype, shape, { mode: 'constant' });
}

/** Records a reduction over axes (all when undefined or null). */
export function reduce(
  graph: Recorder,
  type: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd',
  x: Value,
  axes: readonly number[],
  keepDims = false,
): Value {
  if (axes.length === 0) return x;
  const shape = keepDims
    ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size))
    : x.shape.filter((_, i) => !axes.includes(i));
  const wide = wideColumns(x.shape, axes);
  if (wide !== null) {
    const folded = reduce(graph, type, reshape(graph, x, [x.size / wide.size, wide.size]), [0]);
    return reshape(graph, reduce(graph, type, reshape(graph, folded, wide.shape), [0]), shape);
  }
  return graph.op(type, [x, graph.ints(axes)], x.dtype, shape, { keepdims: keepDims ? 1 : 0 });
}

/** Records a choice per element; bool branches go through int32, which ONNX Runtime can choose from. */
export function where(graph: Recorder, condition: Value, yes: Value, no: Value): Value {
  if (yes.dtype === 'bool') {
    return cast(graph, where(graph, condition, cast(graph, yes, 'int32'), cast(graph, no, 'int32')), 'bool');
  }
  const shape = broadcastShapes(condition.shape, broadcastShapes(yes.shape, no.shape));
  const operands = unexpanded([condition, yes, no], shape);
  const shorter = withoutLastOnes([...operands.map((operand) => operand.shape), shape]);
  const inputs = operands.map((operand, i) => reshape(graph, operand, shorter[i]!));
  return reshape(graph, graph.op('Where', inputs, yes.dtype, shorter[3]!), shape);
}

/** Records a matrix product over the last two dimensions, the others broadcast. */
export function matMul(graph: Recorder, a: Value, b: Value, transposeA = false, transposeB = false): Value {
  const inner = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  if (a.shape.length < 2 || b.shape.length < 2 || inner[0] !== inner[1]) {
    const of = (shape: readonly number[], flipped: boolean): string =>
      `[${shape.join()}]${flipped ? ' transposed' : ''}`;
    throw shapeMismatch(
      `Matrices ${of(a.shape, transposeA)} and ${of(b.shape, transposeB)} have no product.`,
    );
  }
  const left = lookThrough(a, transposeA);
  const right = lookThrough(b, transposeB);
  if (right.value.frozen === 'int8' && right.value.shape.length === 2 && left.value.frozen === null) {
    return quantisedMatMul(graph, flip(graph, left), flip(graph, right));
  }
  const rows = left.value.shape.at(left.transposed ? -1 : -2)!;
  const columns = right.value.shape.at(right.transposed ? -2 : -1)!;
  const batch = broadcastShapes(left.value.shape.slice(0, -2), right.value.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  if (!left.transposed && !right.transposed) {
    return graph.op('MatMul', [left.value, right.value], a.dtype, shape);
  }
  if (a.dtype !== 'float32') {
    return graph.op('MatMul', [flip(graph, left), flip(graph, right)], a.dtype, shape);
  }
  const turned = left.transposed && !right.transposed ? turnedRows(graph, left.value, columns) : null;
  if (turned !== null) return graph.op('MatMul', [turned, right.value], a.dtype, shape);
  return graph.op('FusedMatMul', [left.value, right.value], a.dtype, shape, {
    transA: left.transposed ? 1 : 0,
    transB: right.transposed ? 1 : 0,
  });
}

/** Below this many products a pass over the left side costs more than it saves. */
const MIN_PRODUCTS = 2 ** 22;

/**
 * The rows of a product whose left side is read transposed, transposed beforehand: a pass over the smaller side, and
 * the product is up to 1.5 times as fast (measured in docs/engine.md). Null where it does not pay.
 *
 * @param value `[k, rows]`
 * @returns `[rows, k]`, under a reshape, or ONNX Runtime would fuse the transposition into the product again
 */
function turnedRows(graph: Recorder, value: Value, columns: number): Value | null {
  const [k, rows] = value.shape as [number, number];
  if (value.shape.length !== 2 || rows > columns || k * rows * columns < MIN_PRODUCTS) return null;
  const turned = graph.op('Transpose', [reshape(graph, value, [1, k, rows])], value.dtype, [rows, 1, k], {
    perm: [2, 0, 1],
  });
  return reshape(graph, turned, [rows, k]);
}

interface Operand {
  readonly value: Value;
  readonly transposed: boolean;
}

/** A product can read its operand transposed, so a recorded swap of the last two dimensions is not needed. */
function lookThrough(value: Value, transposed: boolean): Operand {
  const node = value.producer;
  if (node === null || node.taken || node.type !== 'Transpose') return { value, transposed };
  const perm = node.attributes['perm'] as readonly number[];
  const last = perm.length - 1;
  const swapsLastTwo = perm.every(
    (from, to) => from === (to < last - 1 ? to : to === last ? last - 1 : last),
  );
  return swapsLastTwo ? { value: node.inputs[0]!, transposed: !transposed } : { value, transposed };
}

function flip(graph: Recorder, { value, transposed }: Operand): Value {
  if (!transposed) return value;
  const rank = value.shape.length;
  const perm = value.shape.map((_, i) => (i < rank - 2 ? i : i === rank - 1 ? rank - 2 : rank - 1));
  return transpose(graph, value, perm);
}
