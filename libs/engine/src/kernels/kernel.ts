import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';

/** What a kernel gets: where to record, its inputs by TensorFlow.js name, and its attributes. */
export interface KernelCall {
  readonly graph: Recorder;
  /** Inputs in their tensors' shapes; optional inputs that were not given are absent. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** As in TensorFlow.js' `<Name>Attrs` interface of the kernel. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly attrs: any;
}

/** Records the operations of one TensorFlow.js kernel and returns its result or results. */
export type Kernel = (call: KernelCall) => Value | Value[];

/** Kernels of one family, by TensorFlow.js kernel name. */
export type KernelFamily = Readonly<Record<string, Kernel>>;

/** The inputs of a kernel that takes a list, in order. */
export function listOf(inputs: Readonly<Record<string, Value>>): Value[] {
  return Object.keys(inputs).map((key) => inputs[key]!);
}
