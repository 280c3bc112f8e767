import { ARRAYS, type Value } from '../recorder/value.js';
import type { Collection } from './collect.js';
import { executionOrder, writingOrder } from './execution-order.js';

/**
 * Bytes of memory that a run of the graph needs at most at one time for values that live only inside it: what its
 * arena will grow to. An estimate from above, because ONNX Runtime computes some operations in place.
 */
export function peakBytes({ nodes: recorded, outputs }: Collection): number {
  const nodes = executionOrder(writingOrder(recorded));
  const handedBack = new Set<Value>(outputs);
  const lastUse = new Map<Value, number>();
  nodes.forEach(({ inputs }, i) => {
    for (const input of inputs) if (input !== null) lastUse.set(input, i);
  });
  const endingAt = new Map<number, number>();
  let [live, peak] = [0, 0];
  nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (handedBack.has(output)) continue;
      const bytes = output.size * ARRAYS[output.dtype].BYTES_PER_ELEMENT;
      const end = lastUse.get(output) ?? i;
      live += bytes;
      endingAt.set(end, (endingAt.get(end) ?? 0) + bytes);
    }
    peak = Math.max(peak, live);
    live -= endingAt.get(i) ?? 0;
  });
  return peak;
}
