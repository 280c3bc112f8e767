import { MIN_SIZE } from './short-rows.js';
import { sameShape, sizeOf } from './value.js';

type Shape = readonly number[];

/**
 * Shapes of the operands and the result of a broadcast without the dimensions of size 1 at the end. ONNX Runtime 1.30
 * goes through a broadcast by the last dimension, whatever its size, so that `[512, 2048, 1, 1] · []` is a million rows
 * of one number: 18 ms instead of 0.4 (measured in docs/engine.md). The filters of 1×1 convolutions have this shape.
 *
 * @param shapes those of the operands, and last the one they broadcast to; they come back as they are when it is small,
 *   ends with something else, or when nothing is broadcast
 */
export function withoutLastOnes(shapes: readonly Shape[]): readonly Shape[] {
  const result = shapes.at(-1)!;
  const kept = result.findLastIndex((side) => side !== 1) + 1;
  const ones = result.length - kept;
  const nothingBroadcast = shapes.every((shape) => sameShape(shape, result));
  if (ones === 0 || sizeOf(result) < MIN_SIZE || nothingBroadcast) return shapes;
  return shapes.map((shape) => shape.slice(0, Math.max(0, shape.length - ones)));
}
