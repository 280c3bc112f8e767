import { describe, expect, it } from '@jest/globals';
import { binary, unary } from '../recorder/operations.js';
import { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { collect } from './collect.js';
import { overwrites } from './overwrites.js';

/** Outputs that take a leaf's memory, in a graph over two leaves of four numbers. */
function found(build: (graph: Recorder, m: Value, g: Value) => Value[]) {
  const graph = new Recorder();
  const leaf = (): Value => graph.leaf('float32', [4], new Float32Array(4));
  const [m, g] = [leaf(), leaf()];
  for (const output of build(graph, m, g)) output.holders++;
  const collection = collect(graph.take());
  return overwrites(collection).map((one) => ({
    ...one,
    leaf: collection.leaves[one.leaf] === m ? 'm' : 'g',
  }));
}

const average = (graph: Recorder, m: Value, g: Value): Value =>
  binary(graph, 'Add', binary(graph, 'Mul', m, graph.number('float32', 0.9)), unary(graph, 'Neg', g));

describe('overwrites', () => {
  it('finds the old value of a moving average, once', () => {
    const build = (graph: Recorder, m: Value, g: Value): Value[] => [
      average(graph, m, g),
      unary(graph, 'Exp', g),
    ];
    expect(found(build)).toEqual([{ output: 0, leaf: 'm', reads: 1 }]);
  });

  it('leaves alone what something else reads, which might come later', () => {
    const build = (graph: Recorder, m: Value, g: Value): Value[] => [
      average(graph, m, unary(graph, 'Abs', g)),
      unary(graph, 'Exp', m),
    ];
    expect(found(build)).toEqual([]);
  });

  it('finds what the output reads itself, element by element', () => {
    const sum = (graph: Recorder, m: Value, g: Value): Value[] => [
      binary(graph, 'Add', m, unary(graph, 'Neg', g)),
      unary(graph, 'Exp', g),
    ];
    expect(found(sum)).toEqual([{ output: 0, leaf: 'm', reads: 1 }]);
  });

  it('leaves alone what the output reads across elements', () => {
    const broadcast = (graph: Recorder, m: Value, g: Value): Value[] => [
      binary(graph, 'Add', graph.op('Reshape', [g, graph.ints([4, 1])], 'float32', [4, 1]), m),
    ];
    expect(found(broadcast)).toEqual([]);
    const product = (graph: Recorder, m: Value, g: Value): Value[] => [
      graph.op('MatMul', [m.view([2, 2]), g.view([2, 2])], 'float32', [2, 2]),
    ];
    expect(found(product)).toEqual([]);
  });

  it('leaves alone what has another size', () => {
    const longer = (graph: Recorder, m: Value, g: Value): Value[] => [
      graph.op('Concat', [unary(graph, 'Neg', m), unary(graph, 'Neg', g)], 'float32', [8], { axis: 0 }),
    ];
    expect(found(longer)).toEqual([]);
  });
});
