import { describe, expect, it } from '@jest/globals';
import { binary, unary } from '../recorder/operations.js';
import { Recorder } from '../recorder/recorder.js';
import type { GraphNode } from '../recorder/graph-node.js';
import { executionOrder, writingOrder } from './execution-order.js';

const LAYERS = 4;

/** A forward pass, a backward pass, and one gradient per layer, as a training step records them. */
function trainingStep(): { readonly nodes: GraphNode[]; readonly gradients: GraphNode[] } {
  const graph = new Recorder();
  const activations = [graph.leaf('float32', [4], new Float32Array(4))];
  for (let layer = 0; layer < LAYERS; layer++) activations.push(unary(graph, 'Exp', activations[layer]!));
  let error = unary(graph, 'Neg', activations[LAYERS]!);
  const gradients: GraphNode[] = [];
  for (let layer = LAYERS; layer > 0; layer--) {
    gradients.unshift(binary(graph, 'Mul', activations[layer]!, error).producer!);
    error = binary(graph, 'Sub', error, activations[layer]!);
  }
  const first = unary(graph, 'Neg', error).producer!;
  // In the order of the layers, as an optimizer goes through the weights.
  const nodes = graph.take().filter((node) => !gradients.includes(node) && node !== first);
  return { nodes: [...nodes, first, ...gradients], gradients };
}

/** Whether every node comes after those whose outputs it reads. */
function isSorted(nodes: readonly GraphNode[]): boolean {
  const places = new Map(nodes.map((node, place) => [node, place]));
  return nodes.every(({ inputs }, place) =>
    inputs.every((input) => !input?.producer || places.get(input.producer)! < place),
  );
}

describe('the order of a graph', () => {
  it('runs the gradients from the last layer to the first, however they were recorded', () => {
    const { nodes, gradients } = trainingStep();
    const order = executionOrder(writingOrder(nodes));
    const places = gradients.map((gradient) => order.indexOf(gradient));
    expect(places).toEqual([...places].sort((a, b) => b - a));
  });

  it('runs a gradient before the pass goes on to the layer after the next', () => {
    const { nodes, gradients } = trainingStep();
    const order = executionOrder(writingOrder(nodes));
    const places = gradients.map((gradient) => order.indexOf(gradient));
    for (let layer = 1; layer < LAYERS; layer++) expect(places[layer - 1]! - places[layer]!).toBeLessThan(4);
  });

  it('writes and runs every node once, inputs first', () => {
    const { nodes } = trainingStep();
    for (const order of [writingOrder(nodes), executionOrder(writingOrder(nodes))]) {
      expect(new Set(order)).toEqual(new Set(nodes));
      expect(order).toHaveLength(nodes.length);
      expect(isSorted(order)).toBe(true);
    }
  });
});
