import { expect, it } from '@jest/globals';
import { unary } from '../recorder/operations.js';
import { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { collect } from './collect.js';
import { peakBytes } from './peak-bytes.js';

const BYTES = 100 * Float32Array.BYTES_PER_ELEMENT;

/** Peak of what `build` records on one leaf of 100 numbers; what it returns is handed back. */
function peakOf(build: (graph: Recorder, x: Value) => Value): number {
  const graph = new Recorder();
  build(graph, graph.leaf('float32', [100], new Float32Array(100))).holders++;
  return peakBytes(collect(graph.take()));
}

it('counts neither what is fed nor what is handed back', () => {
  expect(peakOf((graph, x) => unary(graph, 'Exp', x))).toBe(0);
});

it('counts a chain by its two neighbours, however long it is', () => {
  const chain = (graph: Recorder, x: Value): Value =>
    Array.from({ length: 9 }).reduce<Value>((y) => unary(graph, 'Exp', y), x);
  expect(peakOf(chain)).toBe(2 * BYTES);
});

it('counts what has to wait for a later reader', () => {
  const wait = (graph: Recorder, x: Value): Value => {
    const kept = [1, 2, 3].map(() => unary(graph, 'Exp', x));
    return graph.op('Sum', kept, 'float32', x.shape);
  };
  expect(peakOf(wait)).toBe(3 * BYTES);
});
