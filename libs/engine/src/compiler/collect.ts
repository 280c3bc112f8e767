import { createHash } from 'node:crypto';
import type { GraphNode } from '../recorder/graph-node.js';
import { elementsOf, isFrozenLeaf, type Value } from '../recorder/value.js';

/** What one run computes: the live part of the recorded nodes, and its structure. */
export interface Collection {
  /** The nodes that an output needs, inputs first. */
  readonly nodes: readonly GraphNode[];
  /** Values with elements that the nodes read, in order of first use. */
  readonly leaves: readonly Value[];
  /** Values to hand back, in node order. */
  readonly outputs: readonly Value[];
  /** Frozen values that are part of the graph; empty when they are fed like other leaves. */
  readonly baked: readonly Value[];
  /** Whether there are frozen values among the leaves. */
  readonly feedsFrozen: boolean;
  /** Whether one of them is to be part of the graph at once. */
  readonly bakesAtOnce: boolean;
  /** Equal keys mean equal graphs: operations, attributes, wiring, leaf types and shapes, outputs. */
  readonly key: string;
}

let collections = 0;

/**
 * Above this many operations a graph is run in parts: the time ONNX Runtime takes to compile grows faster than
 * the graph (measured in docs/engine.md).
 */
const MAX_NODES = 10_000;

/**
 * Selects what must run from the recorded nodes; nodes that no held or read value needs are left out. Each part
 * is to be collected and run before the next one.
 */
export function partition(recorded: readonly GraphNode[]): GraphNode[][] {
  const nodes = neededNodes(recorded, ++collections);
  const parts: GraphNode[][] = [];
  for (let i = 0; i < nodes.length; i += MAX_NODES) parts.push(nodes.slice(i, i + MAX_NODES));
  return parts;
}

/** Values that a part must hand over because a later part reads them. */
export function crossingValues(parts: readonly (readonly GraphNode[])[]): ReadonlySet<Value> {
  const crossing = new Set<Value>();
  if (parts.length < 2) return crossing;
  const partOf = new Map<GraphNode, number>();
  parts.forEach((nodes, part) => nodes.forEach((node) => partOf.set(node, part)));
  for (const [node, part] of partOf) {
    for (const input of node.inputs) {
      const producer = input?.producer;
      if (producer && partOf.get(producer) !== part) crossing.add(input);
    }
  }
  return crossing;
}

/**
 * Describes one graph.
 *
 * @param nodes needed operations, inputs first
 * @param crossing values to hand back although nobody holds them
 * @param bake whether frozen values become part of the graph; otherwise they are fed
 */
export function collect(
  nodes: readonly GraphNode[],
  crossing: ReadonlySet<Value> = new Set(),
  bake = false,
): Collection {
  const mark = ++collections;
  const leaves: Value[] = [];
  const outputs: Value[] = [];
  const baked = new Set<Value>();
  let feedsFrozen = false;
  let bakesAtOnce = false;
  const structure: number[] = [];
  const text: string[] = [];
  let places = 0;
  const leafMark = -mark;
  for (const node of nodes) {
    structure.push(node.signature, node.inputs.length);
    for (const input of node.inputs) {
      if (input === null) {
        structure.push(0);
      } else if (input.constantKey !== null && (bake || !isFrozenLeaf(input))) {
        if (isFrozenLeaf(input)) baked.add(input);
        structure.push(1);
        text.push(input.constantKey);
      } else if (isUnheldFill(input)) {
        structure.push(1);
        text.push(fillKey(input));
      } else if (elementsOf(input) !== null) {
        if (input.mark !== leafMark) {
          input.mark = leafMark;
          input.place = leaves.length;
          leaves.push(input);
          feedsFrozen ||= isFrozenLeaf(input);
          bakesAtOnce ||= input.bakedAtOnce;
          text.push(`${input.dtype}${input.shape.join()}`);
        }
        structure.push(2, input.place);
      } else {
        structure.push(3, input.place);
      }
    }
    for (const output of node.outputs) {
      output.place = places++;
      const wanted = isWanted(output) || crossing.has(output);
      if (wanted) outputs.push(output);
      structure.push(wanted ? 5 : 4);
    }
  }
  const hash = createHash('sha256').update(Int32Array.from(structure)).update(text.join(';'));
  const key = hash.digest('base64');
  return { nodes, leaves, outputs, baked: [...baked], feedsFrozen, bakesAtOnce, key };
}

/** Bytes of the frozen values that are part of the graph. */
export function bakedBytes({ baked }: Collection): number {
  const arrays = new Set(baked.map(({ data }) => data!));
  return [...arrays].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Bytes of the leaves that every run reads. */
export function fedBytes({ leaves }: Collection): number {
  const arrays = new Set(leaves.map(({ data }) => data!.buffer));
  return [...arrays].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Whether the value can be made inside the graph: it is all one number, and no caller holds it. */
export function isUnheldFill(value: Value): boolean {
  return value.fill !== null && value.holders === 0;
}

/** Identity of an unheld fill inside one graph. */
export function fillKey({ dtype, shape, fill }: Value): string {
  return `fill ${dtype}[${shape.join()}]:${fill}`;
}

function isWanted(value: Value): boolean {
  return value.holders > 0 || value.readers > 0;
}

function neededNodes(recorded: readonly GraphNode[], mark: number): GraphNode[] {
  const nodes: GraphNode[] = [];
  for (let i = recorded.length - 1; i >= 0; i--) {
    const node = recorded[i]!;
    if (!node.outputs.some((output) => isWanted(output) || output.mark === mark)) continue;
    nodes.push(node);
    for (const input of node.inputs) if (input?.producer) input.mark = mark;
  }
  return nodes.reverse();
}
