import type { GraphNode } from '../recorder/graph-node.js';
import type { Value } from '../recorder/value.js';

/**
 * The order in which nodes are written into the model, so that ONNX Runtime runs them with little alive at one time.
 *
 * ONNX Runtime does not run nodes in the order of the model: it starts at the ends, nodes that no other node reads,
 * and works its way backwards from one after the other, the last written first. In a training step the ends are
 * gradients and updates. Taken by how far they are from the inputs, the last layer's come first, as in the backward
 * pass, and each layer's activations can go when it is through. In any other order they wait for the end.
 *
 * @param nodes inputs first
 * @returns the same nodes, inputs first
 */
export function writingOrder(nodes: readonly GraphNode[]): GraphNode[] {
  const isRead = new Set<Value | null>(nodes.flatMap(({ inputs }) => inputs));
  const isEnd = ({ outputs }: GraphNode): boolean => !outputs.some((output) => isRead.has(output));
  const depths = new Map<Value, number>();
  const ends: { readonly node: GraphNode; readonly depth: number }[] = [];
  const inner: GraphNode[] = [];
  for (const node of nodes) {
    let depth = 0;
    for (const input of node.inputs) if (input !== null) depth = Math.max(depth, depths.get(input) ?? 0);
    for (const output of node.outputs) depths.set(output, depth + 1);
    if (isEnd(node)) ends.push({ node, depth });
    else inner.push(node);
  }
  // The sort is stable: of equal depth, what was recorded first runs last.
  ends.sort((a, b) => b.depth - a.depth);
  return [...inner, ...ends.map(({ node }) => node)];
}

/**
 * The order in which ONNX Runtime 1.30 runs nodes that are written in the given order; what it fuses is left out of
 * account. From an end it goes to the input written last, and so on, and runs a node when its inputs have run.
 *
 * @param written inputs first
 */
export function executionOrder(written: readonly GraphNode[]): GraphNode[] {
  const places = new Map<Value, number>();
  const isRead = new Set<Value | null>();
  written.forEach(({ inputs, outputs }, place) => {
    for (const output of outputs) places.set(output, place);
    for (const input of inputs) isRead.add(input);
  });
  const order: GraphNode[] = [];
  const visited = new Uint8Array(written.length);
  const stack: number[] = [];
  written.forEach(({ outputs }, place) => {
    if (!outputs.some((output) => isRead.has(output))) stack.push(place);
  });
  while (stack.length > 0) {
    const place = stack.pop()!;
    // A node that has been entered is on the stack again as its complement, to be run when its inputs are through.
    if (place < 0) order.push(written[~place]!);
    else if (visited[place] === 0) {
      visited[place] = 1;
      stack.push(~place);
      const sources = written[place]!.inputs.map((input) => (input && places.get(input)) ?? -1);
      for (const source of sources.filter((at) => at >= 0).sort((a, b) => a - b)) {
        if (visited[source] === 0) stack.push(source);
      }
    }
  }
  return order;
}
