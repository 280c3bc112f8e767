import * as tf from '@tensorflow/tfjs-core';

/** Gradients of one family, by TensorFlow.js kernel name. */
export type GradientFamily = Readonly<Record<string, Omit<tf.GradConfig, 'kernelName'>>>;

// Attributes have the type of the kernel's `<Name>Attrs` interface in TensorFlow.js.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type KernelAttributes = any;

/**
 * Sums a gradient down to the shape of an operand that was broadcast in the forward pass.
 *
 * @param dy gradient in the broadcast shape
 * @param shape of the operand
 */
export function unbroadcast(dy: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
  const summed = axes.length > 0 ? tf.sum(dy, axes) : dy;
  return tf.reshape(summed, shape);
}

/** The gradient of a function that is flat wherever it has one. */
export const flat: Omit<tf.GradConfig, 'kernelName'> = {
  inputsToSave: ['x'],
  gradFunc: (_dy, [x]) => ({ x: () => tf.zerosLike(tf.cast(x!, 'float32')) }),
};

/** A reduced gradient in the rank of its input, with size 1 in the reduced dimensions. */
export function keepReduced(dy: tf.Tensor, shape: number[], axis: number | number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, shape);
  return tf.reshape(dy, tf.backend_util.expandShapeToKeepDim(shapeWithout(shape, axes), axes));
}

function shapeWithout(shape: number[], axes: number[]): number[] {
  return shape.filter((_, i) => !axes.includes(i));
}
