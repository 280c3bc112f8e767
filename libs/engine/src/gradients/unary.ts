import * as tf from '@tensorflow/tfjs-core';
import { flat, type GradientFamily, type KernelAttributes } from './gradient.js';

type Slope = (dy: tf.Tensor, saved: tf.Tensor, attrs: KernelAttributes) => tf.Tensor;

/** A gradient that needs the input. */
const ofInput = (slope: Slope): GradientFamily[string] => ({
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({ x: () => slope(dy as tf.Tensor, x!, attrs) }),
});

/** A gradient that needs the output. */
const ofOutput = (slope: Slope): GradientFamily[string] => ({
  outputsToSave: [true],
  gradFunc: (dy, [y], attrs) => ({ x: () => slope(dy as tf.Tensor, y!, attrs) }),
});

/** dy where the condition holds, else 0; a product, as selecting takes twice the time. */
const only = (condition: tf.Tensor, dy: tf.Tensor): tf.Tensor => tf.mul(dy, float(condition));
const float = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'float32');

/** √(1 − x²), of which the inverse circular functions' slopes are made. */
const root = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.sub(1, tf.square(float(x))));

const SELU_ALPHA_SCALE = 1.7580993408473768;
const SELU_SCALE = 1.0507009873554805;

/** Gradients of element-wise functions of one input. */
export const unaryGradients: GradientFamily = {
  Abs: ofInput((dy, x) => tf.mul(dy, tf.sign(float(x)))),
  Acos: ofInput((dy, x) => tf.neg(tf.div(dy, root(x)))),
  Acosh: ofInput((dy, x) => tf.div(dy, tf.sqrt(tf.sub(tf.square(float(x)), 1)))),
  Asin: ofInput((dy, x) => tf.div(dy, root(x))),
  Asinh: ofInput((dy, x) => tf.div(dy, tf.sqrt(tf.add(1, tf.square(float(x)))))),
  Atan: ofInput((dy, x) => tf.div(dy, tf.add(tf.square(float(x)), 1))),
  Atanh: ofInput((dy, x) => tf.div(dy, tf.sub(1, tf.square(float(x))))),
  Cast: { gradFunc: (dy) => ({ x: () => tf.clone(dy as tf.Tensor) }) },
  Ceil: flat,
  ClipByValue: ofInput((dy, x, { clipValueMin, clipValueMax }) =>
    only(tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax)), dy),
  ),
  Cos: ofInput((dy, x) => tf.mul(tf.neg(tf.sin(float(x))), dy)),
  Cosh: ofInput((dy, x) => tf.mul(tf.sinh(float(x)), dy)),
  Elu: ofOutput((dy, y) => tf.engine().runKernel('EluGrad', { dy, y }) as tf.Tensor),
  Erf: ofInput((dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  Exp: ofOutput((dy, y) => tf.mul(dy, y)),
  Expm1: ofInput((dy, x) => tf.mul(dy, tf.exp(x))),
  Floor: flat,
  Identity: { gradFunc: (dy) => ({ x: () => float(dy as tf.Tensor) }) },
  IsFinite: flat,
  IsInf: flat,
  IsNan: flat,
  LeakyRelu: ofInput((dy, x, { alpha }) => tf.where(tf.greater(x, 0), dy, tf.mul(dy, alpha))),
  Log: ofInput((dy, x) => tf.div(dy, float(x))),
  Log1p: ofInput((dy, x) => tf.div(dy, tf.add(x, 1))),
  Neg: { gradFunc: (dy) => ({ x: () => tf.neg(dy as tf.Tensor) }) },
  OnesLike: flat,
  Reciprocal: ofInput((dy, x) => tf.div(dy, tf.neg(tf.square(x)))),
  Relu: ofOutput((dy, y) => only(tf.greater(y, 0), dy)),
  Relu6: ofInput((dy, x) => only(tf.logicalAnd(tf.greater(x, 0), tf.lessEqual(x, 6)), dy)),
  Round: flat,
  Rsqrt: ofOutput((dy, y) => tf.mul(dy, tf.mul(tf.mul(tf.square(y), y), -0.5))),
  Selu: ofInput((dy, x) =>
    tf.where(
      tf.greater(x, 0),
      tf.mul(dy, SELU_SCALE),
      tf.mul(tf.mul(dy, SELU_ALPHA_SCALE), tf.exp(float(x))),
    ),
  ),
  Sigmoid: ofOutput((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Sign: flat,
  Sin: ofInput((dy, x) => tf.mul(tf.cos(float(x)), dy)),
  Sinh: ofInput((dy, x) => tf.mul(tf.cosh(float(x)), dy)),
  Softplus: ofInput((dy, x) => tf.mul(dy, tf.sigmoid(x))),
  Sqrt: ofOutput((dy, y) => tf.div(dy, tf.mul(y, 2))),
  Square: ofInput((dy, x) => tf.mul(dy, tf.mul(float(x), 2))),
  Step: flat,
  Tan: ofInput((dy, x) => tf.div(dy, tf.square(tf.cos(x)))),
  Tanh: ofOutput((dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  ZerosLike: flat,
};
