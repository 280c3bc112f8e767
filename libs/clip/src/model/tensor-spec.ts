/** How a tensor is drawn for a new model. `uniform` is symmetric: U(−bound, bound). */
export type Initial =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number };

/** One tensor that a model of a given config must have. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** False for batch-norm statistics. */
  readonly trainable: boolean;
  readonly initial: Initial;
}

/** A trainable tensor's spec. */
export function parameter(name: string, shape: readonly number[], initial: Initial): TensorSpec {
  return { name, shape, trainable: true, initial };
}
