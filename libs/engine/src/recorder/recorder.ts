import { Float, type Attributes, type GraphNode } from './graph-node.js';
import { ARRAYS, sizeOf, Value, type ElementType, type HostArray, type Precision } from './value.js';

/** Element type and shape of one output of a node. */
export interface OutputSpec {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
}

const MICROSOFT = new Set(['DynamicQuantizeMatMul', 'FusedMatMul', 'MatMulIntegerToFloat', 'QuickGelu']);

/** Elements that were frozen, with a number each: whoever freezes the same once more gets the same constant. */
const frozenElements = new WeakMap<HostArray, number>();
let frozenCount = 0;

/**
 * Collects the operations of a computation without running them. Recording is pure bookkeeping and cheap: a
 * training step is a few thousand nodes.
 */
export class Recorder {
  /** Recorded and not yet taken by a run, in order; inputs come before the nodes that read them. */
  private pending: GraphNode[] = [];
  private readonly signatures = new Map<string, number>();
  private readonly constants = new Map<string, Value>();

  /** @param onGrowth called after each node with the number of pending nodes */
  constructor(private readonly onGrowth: (pending: number) => void = () => {}) {}

  get pendingCount(): number {
    return this.pending.length;
  }

  /** Records an operation with one output. */
  op(
    type: string,
    inputs: readonly (Value | null)[],
    dtype: ElementType,
    shape: readonly number[],
    attributes: Attributes = {},
  ): Value {
    return this.record(type, inputs, attributes, [new Value(dtype, shape)])[0]!;
  }

  /** Records an operation with several outputs. */
  multiOp(
    type: string,
    inputs: readonly (Value | null)[],
    outputs: readonly OutputSpec[],
    attributes: Attributes = {},
  ): Value[] {
    return this.record(
      type,
      inputs,
      attributes,
      outputs.map(({ dtype, shape }) => new Value(dtype, shape)),
    );
  }

  /** A leaf with the caller's elements, which are fed to every run that needs them. */
  leaf(dtype: ElementType, shape: readonly number[], data: HostArray): Value {
    const value = new Value(dtype, shape);
    value.data = data;
    return value;
  }

  /** The elements of a computed value as a frozen leaf, without a copy; see {@link Value.frozen}. */
  frozenLeaf(value: Value, precision: Precision, bakedAtOnce: boolean): Value {
    const leaf = new Value(value.dtype, value.shape, frozenKey(value));
    leaf.frozen = precision;
    leaf.bakedAtOnce = bakedAtOnce;
    leaf.data = value.data;
    // Two values show the elements now, and the memory knows only one of them.
    value.recyclable = false;
    return leaf;
  }

  /** A vector of whole numbers (axes, sizes) as part of the structure. */
  ints(numbers: readonly number[]): Value {
    return this.constant('int64', [numbers.length], numbers);
  }

  /** A small constant as part of the structure: another content is another graph. */
  constant(dtype: ElementType, shape: readonly number[], numbers: readonly number[]): Value {
    const key = `${dtype}[${shape.join()}]:${numbers.join()}`;
    return this.computedConstant(key, dtype, shape, () => arrayFrom(dtype, numbers));
  }

  /** A constant that is made from the few numbers in `key`, such as a table of indices. */
  computedConstant(
    key: string,
    dtype: ElementType,
    shape: readonly number[],
    compute: () => HostArray,
  ): Value {
    let value = this.constants.get(key);
    if (value === undefined) {
      value = new Value(dtype, shape, key);
      value.data = compute();
      this.constants.set(key, value);
    }
    return value;
  }

  /** A scalar constant as part of the structure. */
  scalar(dtype: ElementType, number: number): Value {
    return this.constant(dtype, [], [number]);
  }

  /** A number of the caller's, such as a clipping bound: fed, so that a change does not compile anew. */
  number(dtype: ElementType, number: number): Value {
    return this.leaf(dtype, [], arrayFrom(dtype, [number]));
  }

  /** A tensor of equal elements, which takes memory only when it must be held or fed. */
  filled(dtype: ElementType, shape: readonly number[], number: number): Value {
    if (sizeOf(shape) <= 8) {
      return this.leaf(dtype, shape, arrayFrom(dtype, new Array<number>(sizeOf(shape)).fill(number)));
    }
    const value = new Value(dtype, shape);
    value.fill = number;
    return value;
  }

  /** Hands over everything recorded so far; the nodes then belong to the run. */
  take(): GraphNode[] {
    const nodes = this.pending;
    this.pending = [];
    for (const node of nodes) node.taken = true;
    return nodes;
  }

  private record(
    type: string,
    given: readonly (Value | null)[],
    attributes: Attributes,
    outputs: Value[],
  ): Value[] {
    const frozen = frozenBy(given);
    const inputs = frozen === null ? given : given.map((input) => input && this.asConstant(input));
    if (frozen !== null) for (const output of outputs) output.frozen = frozen;
    const domain = MICROSOFT.has(type) ? 'com.microsoft' : '';
    const signature = this.intern(type, attributes);
    const node: GraphNode = { type, domain, attributes, inputs, outputs, signature, taken: false };
    for (const input of inputs) if (input !== null) (input.base ?? input).uses++;
    for (const output of outputs) output.producer = node;
    this.pending.push(node);
    this.onGrowth(this.pending.length);
    return outputs;
  }

  /** Beside frozen values a number is part of the model, such as the 1e-5 of a normalisation. */
  private asConstant(value: Value): Value {
    if (value.frozen !== null || value.constantKey !== null) return value;
    return this.constant(value.dtype, value.shape, [...value.data!].map(Number));
  }

  private intern(type: string, attributes: Attributes): number {
    let key = type;
    for (const name in attributes) {
      const attribute = attributes[name]!;
      key += `|${name}=${attribute instanceof Float ? attribute.toString() : String(attribute)}`;
    }
    let signature = this.signatures.get(key);
    if (signature === undefined) {
      signature = this.signatures.size + 1;
      this.signatures.set(key, signature);
    }
    return signature;
  }
}

/** Models that share some of their weights compile them in once, so the key goes by the elements in memory. */
function frozenKey({ data, shape }: Value): string {
  let number = frozenElements.get(data!);
  if (number === undefined) frozenElements.set(data!, (number = ++frozenCount));
  return `frozen ${number} [${shape.join()}]`;
}

/** The precision of the frozen values among the inputs, when all the others are constants or single numbers. */
function frozenBy(inputs: readonly (Value | null)[]): Precision | null {
  let frozen: Precision | null = null;
  for (const input of inputs) {
    if (input === null) continue;
    if (input.frozen !== null) frozen = input.frozen;
    else if (input.constantKey === null && !(input.data !== null && input.size === 1)) return null;
  }
  return frozen;
}

function arrayFrom(dtype: ElementType, numbers: readonly number[]): HostArray {
  return dtype === 'int64' ? BigInt64Array.from(numbers, BigInt) : ARRAYS[dtype].from(numbers);
}
