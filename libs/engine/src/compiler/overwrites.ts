import type { GraphNode } from '../recorder/graph-node.js';
import type { Value } from '../recorder/value.js';
import type { Collection } from './collect.js';

/** An output that may be written where a leaf's elements are, by place in {@link Collection.outputs} and `leaves`. */
export interface Overwrite {
  readonly output: number;
  readonly leaf: number;
  /** How often the graph reads the leaf. */
  readonly reads: number;
}

/**
 * Outputs that can take the memory of a leaf: everything that reads the leaf must be done before the output is begun.
 * That is so when all its readers are direct inputs of the output's own operation, as in a moving average
 * `m' = β·m + …`; an optimizer's moments then need their memory once, not twice. The operation itself may read the
 * leaf too, as in a sum of gradients `s' = s + g`, when it goes through both element by element.
 */
export function overwrites({ nodes, leaves, outputs }: Collection): Overwrite[] {
  const readers = new Map<Value, GraphNode[]>();
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (input === null) continue;
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [node]);
      else known.push(node);
    }
  }
  const places = new Map(leaves.map((leaf, place) => [leaf, place]));
  const found: Overwrite[] = [];
  outputs.forEach((output, at) => {
    const node = output.producer;
    const parents = new Set(node?.inputs.flatMap((input) => input?.producer ?? []));
    if (node !== null && isElementwise(node)) parents.add(node);
    const leaf = [...parents]
      .flatMap(({ inputs }) => inputs)
      .find(
        (value) =>
          value !== null &&
          places.has(value) &&
          fits(value, output) &&
          readers.get(value)!.every((reader) => parents.has(reader)),
      );
    if (!leaf) return;
    found.push({ output: at, leaf: places.get(leaf)!, reads: readers.get(leaf)!.length });
    places.delete(leaf);
  });
  return found;
}

const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul']);

/** Whether element i of the output is made of elements i of the inputs and of nothing else. */
function isElementwise({ type, inputs, outputs: [output] }: GraphNode): boolean {
  return ELEMENTWISE.has(type) && inputs.every((input) => input?.shape.join() === output!.shape.join());
}

function fits(leaf: Value, output: Value): boolean {
  return leaf.frozen === null && leaf.dtype === output.dtype && leaf.size === output.size;
}
