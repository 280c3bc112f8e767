import { MIN_SIZE, rowsAsOne, SHORT_ROW } from './short-rows.js';
import { sizeOf } from './value.js';

/** Columns to reduce to first, and the shape `[rows, columns]` of what is left then. */
export interface WideColumns {
  readonly size: number;
  readonly shape: readonly [number, number];
}

/**
 * How a reduction of many rows to few columns is done in two steps: ONNX Runtime 1.30 gives each thread some of the
 * columns, and when a row is shorter than a cache line all threads read everything: on two threads it is several times
 * slower than on one (measured in docs/engine.md).
 *
 * @param axes that are reduced
 * @returns null when others than the first axes are reduced, or it would not help
 */
export function wideColumns(shape: readonly number[], axes: readonly number[]): WideColumns | null {
  if (!axes.every((axis) => axis < axes.length)) return null;
  const [size, columns] = [sizeOf(shape), sizeOf(shape.slice(axes.length))];
  if (columns < 2 || columns >= SHORT_ROW || size < MIN_SIZE) return null;
  const times = rowsAsOne(size / columns, columns);
  return times === 1 ? null : { size: times * columns, shape: [times, columns] };
}
