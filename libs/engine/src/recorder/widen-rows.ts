import type { Recorder } from './recorder.js';
import { MIN_SIZE, rowsAsOne, SHORT_ROW } from './short-rows.js';
import type { Value } from './value.js';

/** A large operand and a vector over its last dimension, both as if several rows were one. */
export interface WidenedRows {
  /** `[rows / k, k·c]`, the same elements. */
  readonly rows: Value;
  /** `[k·c]`, the vector k times. */
  readonly vector: Value;
}

/**
 * Records both operands of a broadcast of a short vector over many rows in a shape that ONNX Runtime computes several
 * times faster (measured in docs/engine.md); null when it would not help.
 *
 * @param rows `[…, c]`
 * @param vector `[c]`, or with further dimensions of size 1 before it
 */
export function widenRows(graph: Recorder, rows: Value, vector: Value): WidenedRows | null {
  const columns = rows.shape.at(-1);
  if (columns === undefined || columns >= SHORT_ROW || columns === 1 || vector.size !== columns) return null;
  if (vector.shape.at(-1) !== columns || rows.size < MIN_SIZE || vector.frozen !== null) return null;
  const count = rows.size / columns;
  const times = rowsAsOne(count, columns);
  if (times === 1) return null;
  const wide = times * columns;
  const flat = graph.op('Reshape', [vector, graph.ints([columns])], vector.dtype, [columns], {
    allowzero: 1,
  });
  return {
    rows: graph.op('Reshape', [rows, graph.ints([count / times, wide])], rows.dtype, [count / times, wide], {
      allowzero: 1,
    }),
    vector: graph.op('Tile', [flat, graph.ints([times])], vector.dtype, [wide]),
  };
}
