import type { Value } from './value.js';

/** Parameters of an ONNX node. A whole number becomes INT unless it is wrapped in {@link Float}. */
export type Attributes = Readonly<Record<string, number | string | Float | readonly number[]>>;

/** Marks an attribute as a floating-point number, which ONNX tells apart from a whole one. */
export class Float {
  constructor(readonly value: number) {}

  toString(): string {
    return `f${this.value}`;
  }
}

/** One recorded ONNX operation. */
export interface GraphNode {
  readonly type: string;
  /** Operator set: '' for ONNX, 'com.microsoft' for ONNX Runtime's own. */
  readonly domain: string;
  readonly attributes: Attributes;
  /** In the operator's order; null stands for an absent optional input. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  /** Interned number of (type, attributes): equal numbers mean equal operations. */
  readonly signature: number;
  /** Whether a run has taken the node; it must not be looked through any more. */
  taken: boolean;
}
