/** ONNX Runtime goes through broadcasts and reductions row by row; rows shorter than this are mostly overhead. */
export const SHORT_ROW = 256;
/** Length to make them, at most. */
const WIDE_ROW = 1024;
/** Below this many elements the further nodes cost more than they save. */
export const MIN_SIZE = 8192;

/** How many rows can be taken as one: a power of two that divides their number; 1 when they cannot. */
export function rowsAsOne(rows: number, columns: number): number {
  let times = 1;
  while (2 * times * columns <= WIDE_ROW && rows % (2 * times) === 0) times *= 2;
  return times;
}
