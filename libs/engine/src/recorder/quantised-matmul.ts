import type { Recorder } from './recorder.js';
import type { Value } from './value.js';

/** Largest magnitude of a quantised weight. */
const LEVELS = 127;
/** Keeps a column of zeros from being divided by zero. */
const SMALLEST_SCALE = 1e-30;
/** ONNX's number of the element type. */
const INT8 = 3;

/** A float32 tensor as whole numbers: element = (number − zero) · scale. */
export interface Quantised {
  /** uint8, in the tensor's shape. */
  readonly numbers: Value;
  readonly scale: Value;
  readonly zero: Value;
}

/**
 * Records a product with whole numbers of 8 bits: `a` is quantised at run time, to 256 levels between its extremes,
 * `matrix` per column, to 255 levels around 0. Because `matrix` is frozen, ONNX Runtime does its part once.
 *
 * @param a float32 `[…, k]`
 * @param matrix float32 `[k, n]`, frozen
 * @returns float32 `[…, n]`
 */
export function quantisedMatMul(graph: Recorder, a: Value, matrix: Value): Value {
  const { numbers, scales } = quantiseColumns(graph, matrix);
  const shape = [...a.shape.slice(0, -1), matrix.shape[1]!];
  return graph.op('DynamicQuantizeMatMul', [a, numbers, scales], 'float32', shape);
}

/** The same for rows that are quantised already: `[m, k]` · `[k, n]` → float32 `[m, n]`. */
export function quantisedProduct(graph: Recorder, rows: Quantised, matrix: Value): Value {
  const { numbers, scales } = quantiseColumns(graph, matrix);
  const inputs = [rows.numbers, numbers, rows.scale, scales, rows.zero];
  return graph.op('MatMulIntegerToFloat', inputs, 'float32', [rows.numbers.shape[0]!, matrix.shape[1]!]);
}

/** Records the quantisation of a tensor to 256 levels between its extremes, 0 always among them. */
export function quantise(graph: Recorder, x: Value): Quantised {
  const outputs = [
    { dtype: 'uint8', shape: x.shape },
    { dtype: 'float32', shape: [] },
    { dtype: 'uint8', shape: [] },
  ] as const;
  const [numbers, scale, zero] = graph.multiOp('DynamicQuantizeLinear', [x], outputs);
  return { numbers: numbers!, scale: scale!, zero: zero! };
}

/**
 * A quantised product with a frozen vector added to it, as one operation; null when the operands are not that.
 *
 * @param product float32 `[…, n]`, under whatever shape
 * @param bias float32 `[n]`
 */
export function withBias(graph: Recorder, product: Value, bias: Value): Value | null {
  if (bias.frozen === null || bias.shape.length !== 1 || bias.size !== product.shape.at(-1)) return null;
  const node = product.producer;
  if (node === null || node.taken) return null;
  if (node.type === 'Reshape') {
    const inner = withBias(graph, node.inputs[0]!, bias);
    return inner && graph.op('Reshape', [inner, node.inputs[1]!], 'float32', product.shape, node.attributes);
  }
  const place = BIAS_INPUT[node.type];
  if (place === undefined || node.inputs.length > place) return null;
  const absent = new Array<null>(place - node.inputs.length).fill(null);
  return graph.op(node.type, [...node.inputs, ...absent, bias], 'float32', product.shape);
}

/** Which input of a quantised product is its bias. */
const BIAS_INPUT: Readonly<Record<string, number>> = { DynamicQuantizeMatMul: 4, MatMulIntegerToFloat: 6 };

/** Per column: numbers between −127 and 127, and what each stands for. */
function quantiseColumns(graph: Recorder, matrix: Value): { numbers: Value; scales: Value } {
  const columns = [matrix.shape[1]!];
  const magnitudes = graph.op('Abs', [matrix], 'float32', matrix.shape);
  const largest = graph.op('ReduceMax', [magnitudes, graph.ints([0])], 'float32', columns, { keepdims: 0 });
  const raw = graph.op('Div', [largest, graph.scalar('float32', LEVELS)], 'float32', columns);
  const scales = graph.op('Max', [raw, graph.scalar('float32', SMALLEST_SCALE)], 'float32', columns);
  const steps = graph.op('Div', [matrix, scales], 'float32', matrix.shape);
  const rounded = graph.op('Round', [steps], 'float32', matrix.shape);
  return { numbers: graph.op('Cast', [rounded], 'int8', matrix.shape, { to: INT8 }), scales };
}
