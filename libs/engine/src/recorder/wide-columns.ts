/** With fewer columns than this, several rows are taken as one. */
const FEW_COLUMNS = 256;
/** Columns to make of them, at most. */
const MOST_COLUMNS = 1024;
/** Below this many elements a second reduction costs more than it saves. */
const MIN_SIZE = 8192;

/** Columns to reduce to first, and the shape `[rows, columns]` of what is left then. */
export interface WideColumns {
  readonly size: number;
  readonly shape: readonly [number, number];
}

/**
 * How a reduction of many rows to few columns is done in two steps: ONNX Runtime 1.30 gives each thread some of the
 * columns, and when a row is shorter than a cache line all threads read everything: `[32768, 8]` to 8 sums takes 0.1 ms
 * on one thread and 1.4 on two (measured in docs/engine.md).
 *
 * @param axes that are reduced
 * @returns null when others than the first axes are reduced, or it would not help
 */
export function wideColumns(shape: readonly number[], axes: readonly number[]): WideColumns | null {
  const kept = shape.filter((_, axis) => !axes.includes(axis));
  if (!axes.every((axis) => axis < axes.length)) return null;
  const [size, columns] = [shape, kept].map((sides) =>
    sides.reduce((product, side) => product * side, 1),
  ) as [number, number];
  if (columns < 2 || columns >= FEW_COLUMNS || size < MIN_SIZE) return null;
  const rows = size / columns;
  let times = 1;
  while (2 * times * columns <= MOST_COLUMNS && rows % (2 * times) === 0 && rows > 2 * times) times *= 2;
  return times === 1 ? null : { size: times * columns, shape: [times, columns] };
}
