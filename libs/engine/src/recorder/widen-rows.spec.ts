import { describe, expect, it } from '@jest/globals';
import { binary } from './operations.js';
import { Recorder } from './recorder.js';
import type { Value } from './value.js';

/** Operators recorded for `type` of operands of these shapes, and the result's shape. */
function record(type: string, left: number[], right: number[]) {
  const graph = new Recorder();
  const leaf = (shape: number[]): Value =>
    graph.leaf('float32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  const result = binary(graph, type, leaf(left), leaf(right));
  const nodes = graph.take();
  const operation = nodes.find((node) => node.type === type)!;
  return {
    operands: operation.inputs.map((value) => value!.shape),
    types: nodes.map((node) => node.type),
    shape: result.shape,
  };
}

describe('a short vector over many rows', () => {
  it('is computed with wide rows, the operands in their order', () => {
    expect(record('Sub', [128, 16, 16, 8], [8])).toEqual({
      operands: [[256, 1024], [1024]],
      types: ['Reshape', 'Reshape', 'Tile', 'Sub', 'Reshape'],
      shape: [128, 16, 16, 8],
    });
    expect(record('Sub', [1, 24], [1024, 24]).operands).toEqual([[768], [32, 768]]);
  });

  it.each([
    ['rows are long already', [100, 256], [256]],
    ['there is little to compute', [64, 8], [8]],
    ['the number of rows is odd', [4097, 8], [8]],
    ['it is one number per row', [4096, 8], [4096, 1]],
    ['it is one number', [4096, 8], [1]],
    ['both are of one size', [4096, 8], [4096, 8]],
  ])('is left alone when %s', (_why, left, right) => {
    expect(record('Mul', left, right).types.filter((type) => type === 'Tile')).toEqual([]);
  });
});
