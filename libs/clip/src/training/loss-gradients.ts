import * as tf from '@tensorflow/tfjs-core';

/** A loss and its gradients by tensor name; all of them are the caller's to dispose. */
export interface LossGradients {
  readonly loss: tf.Scalar;
  /** Variables that the loss does not depend on are absent. */
  readonly gradients: Map<string, tf.Tensor>;
}

/**
 * Evaluates a scalar loss and its gradient for each variable.
 *
 * @param loss builds the loss from the variables' current values
 * @param variables by name, as {@link trainableVariables} gives them
 */
export function lossGradients(
  loss: () => tf.Scalar,
  variables: ReadonlyMap<string, tf.Variable>,
): LossGradients {
  const names = new Map([...variables].map(([name, variable]) => [variable.name, name]));
  const { value, grads } = tf.variableGrads(loss, [...variables.values()]);
  const gradients = new Map<string, tf.Tensor>();
  for (const [key, gradient] of Object.entries(grads)) {
    const name = names.get(key);
    // tfjs answers null for variables outside the loss, whatever its types say.
    if (name !== undefined && (gradient as tf.Tensor | null) !== null) gradients.set(name, gradient);
  }
  return { loss: value, gradients };
}

/** Frees a {@link LossGradients}. */
export function disposeGradients({ loss, gradients }: LossGradients): void {
  loss.dispose();
  tf.dispose([...gradients.values()]);
}
