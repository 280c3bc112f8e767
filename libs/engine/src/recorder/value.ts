import type { GraphNode } from './graph-node.js';

/** Element types inside a graph; those beyond {@link TensorType} exist only between ONNX operators. */
export type ElementType = TensorType | 'int64' | 'float64' | 'int8' | 'uint8';

/** Element types a caller can see. */
export type TensorType = 'float32' | 'int32' | 'bool';

/** Elements on the host: bool as one byte each, 0 or 1. */
export type HostArray = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array | BigInt64Array;

/** How exactly products with a frozen value are computed. */
export type Precision = 'float32' | 'int8';

/**
 * One tensor of the computation. It is a *leaf* while `data` holds its elements, and *pending* while only the
 * node that makes it is known. A run turns the pending values that are still held into leaves.
 */
export class Value {
  /** Elements in row-major order, or null while pending (or dropped). */
  data: HostArray | null = null;
  /** The recorded node that makes this value; null for leaves. */
  producer: GraphNode | null = null;
  /** Why the value could not be computed. */
  failure: unknown = undefined;
  /** How many live data ids stand for this value; without one it is never an output of a run. */
  holders = 0;
  /** How many reads wait for it; a read value is an output even when nobody holds it any more. */
  readers = 0;
  /** How many recorded, not yet finished nodes read it. */
  uses = 0;
  /** Whether the engine made `data` and nobody else has seen it, so that the memory may be used again. */
  recyclable = false;
  /** For a constant that is part of the graph's structure: its identity. Null for everything else. */
  readonly constantKey: string | null;
  /**
   * For what never changes while it lives, such as the weights of a model that only embeds: how exactly products with
   * it are to be computed. What is made of frozen values alone is frozen too. Null for everything else.
   */
  frozen: Precision | null = null;
  /** Whether a frozen leaf becomes part of a graph at its first run already, and not at its second. */
  bakedAtOnce = false;
  /** When set, every element is this number, and `data` is only made when somebody needs it. */
  fill: number | null = null;
  /** The leaf whose elements this one shows in another shape; null for values of their own. */
  base: Value | null = null;
  /** Other shapes under which this leaf is read. */
  private views: Value[] | null = null;
  /** Scratch of the compiler: the collection that last needed this value, and its place there. */
  mark = 0;
  place = 0;

  constructor(
    readonly dtype: ElementType,
    readonly shape: readonly number[],
    constantKey: string | null = null,
  ) {
    this.constantKey = constantKey;
  }

  /** This leaf in another shape of the same size: the same elements, fed without a copy. */
  view(shape: readonly number[]): Value {
    const known = this.views?.find((view) => view.shape.join() === shape.join());
    if (known !== undefined) return known;
    const view = new Value(this.dtype, shape);
    view.data = this.data;
    view.base = this;
    (this.views ??= []).push(view);
    return view;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }
}

/** Whether the value is a frozen leaf itself, not made of such. */
export function isFrozenLeaf(value: Value): boolean {
  return value.frozen !== null && value.constantKey !== null;
}

/** The elements of a leaf, made now when it is a fill; null while the value is pending. */
export function elementsOf(value: Value): HostArray | null {
  if (value.data === null && value.fill !== null) {
    value.data = hostArray(value.dtype, value.size).fill(value.fill as never);
    value.fill = null;
    value.recyclable = true;
  }
  return value.data;
}

/** A zeroed host array. */
export function hostArray(dtype: ElementType, size: number): HostArray {
  return new ARRAYS[dtype](size);
}

/** The host array class of each element type. */
export const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
} as const;

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}
