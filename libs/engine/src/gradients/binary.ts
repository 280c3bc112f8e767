import * as tf from '@tensorflow/tfjs-core';
import { unbroadcast, type GradientFamily } from './gradient.js';

type Slope = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** A gradient of two broadcast operands from the slope with respect to each. */
function ofOperands(slopeA: Slope, slopeB: Slope, outputsToSave: boolean[] = []): GradientFamily[string] {
  return {
    inputsToSave: ['a', 'b'],
    outputsToSave,
    gradFunc: (dy, saved) => {
      const [a, b, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      return {
        a: () => unbroadcast(slopeA(dy as tf.Tensor, a, b, y), a.shape),
        b: () => unbroadcast(slopeB(dy as tf.Tensor, a, b, y), b.shape),
      };
    },
  };
}

const through: Slope = (dy) => dy;
const float = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'float32');

/** The operand that won gets the gradient. */
const where =
  (wins: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Slope =>
  (dy, a, b) =>
    tf.mul(dy, float(wins(a, b)));

const powBase: Slope = (dy, a, b) => {
  const exponent = float(b);
  return tf.mul(dy, tf.mul(exponent, tf.pow(a, tf.sub(exponent, 1))));
};
const powExponent: Slope = (dy, a, _b, y) =>
  tf.mul(dy, tf.mul(y, tf.where(tf.greater(a, 0), tf.log(a), tf.zerosLike(a))));

const ratio: Slope = (dy, _a, b) => tf.div(dy, float(b));
const ratioDivisor: Slope = (dy, a, b) => tf.neg(tf.div(tf.mul(dy, float(a)), tf.square(float(b))));
const squaredLength = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.square(a), tf.square(b));
const difference: Slope = (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2));

const prelu: GradientFamily[string] = {
  inputsToSave: ['x', 'alpha'],
  gradFunc: (dy, saved) => {
    const [x, alpha] = saved as [tf.Tensor, tf.Tensor];
    const positive = tf.greater(x, 0);
    const grad = dy as tf.Tensor;
    return {
      x: () => tf.where(positive, grad, tf.mul(grad, alpha)),
      alpha: () => unbroadcast(tf.where(positive, tf.zerosLike(grad), tf.mul(grad, x)), alpha.shape),
    };
  },
};

const select: GradientFamily[string] = {
  inputsToSave: ['condition'],
  gradFunc: (dy, [condition]) => {
    const chosen = tf.cast(condition!, (dy as tf.Tensor).dtype);
    return {
      condition: () => tf.zerosLike(tf.cast(condition!, 'float32')),
      t: () => tf.mul(dy as tf.Tensor, chosen),
      e: () => tf.mul(dy as tf.Tensor, tf.sub(1, chosen)),
    };
  },
};

/** Gradients of element-wise functions of two inputs, and of the choice between them. */
export const binaryGradients: GradientFamily = {
  Add: ofOperands(through, through),
  AddN: {
    saveAllInputs: true,
    gradFunc: (dy, saved) =>
      Object.fromEntries(saved.map((_, i) => [i, () => tf.clone(dy as tf.Tensor)])) as unknown as Record<
        string,
        () => tf.Tensor
      >,
  },
  Atan2: ofOperands(
    (dy, a, b) => tf.mul(dy, tf.div(b, squaredLength(a, b))),
    (dy, a, b) => tf.neg(tf.mul(dy, tf.div(a, squaredLength(a, b)))),
  ),
  FloorDiv: ofOperands(ratio, ratioDivisor),
  GreaterEqual: ofOperands(tf.zerosLike, tf.zerosLike),
  Maximum: ofOperands(where(tf.greaterEqual), where(tf.less)),
  Minimum: ofOperands(where(tf.lessEqual), where(tf.greater)),
  Mod: ofOperands(through, (dy, a, b) => tf.mul(dy, tf.neg(tf.floor(tf.div(a, b))))),
  Multiply: ofOperands(
    (dy, _a, b) => tf.mul(dy, float(b)),
    (dy, a) => tf.mul(dy, float(a)),
  ),
  Pow: ofOperands(powBase, powExponent, [true]),
  Prelu: prelu,
  RealDiv: ofOperands(ratio, ratioDivisor),
  Select: select,
  SquaredDifference: ofOperands(difference, (dy, a, b) => difference(dy, b, a, a)),
  Sub: ofOperands(through, (dy) => tf.neg(dy)),
};
