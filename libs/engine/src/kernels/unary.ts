import { Float, type Attributes } from '../recorder/graph-node.js';
import { binary, cast, unary, where } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import type { Kernel, KernelFamily } from './kernel.js';

/** A kernel that is one ONNX operator on floats; whole numbers are computed as floats. */
function floatOperator(type: string, attributes: Attributes = {}): Kernel {
  return ({ graph, inputs }) => {
    const x = cast(graph, inputs['x']!, 'float32');
    return graph.op(type, [x], 'float32', x.shape, attributes);
  };
}

/** A kernel that is one ONNX operator which keeps the element type. */
function sameTypeOperator(type: string): Kernel {
  return ({ graph, inputs }) => unary(graph, type, inputs['x']!);
}

/** A kernel that does nothing to whole numbers. */
function roundingOperator(type: string): Kernel {
  return ({ graph, inputs }) => {
    const x = inputs['x']!;
    return x.dtype === 'float32' ? unary(graph, type, x) : x;
  };
}

function floatTest(test: (graph: Recorder, x: Value) => Value): Kernel {
  return ({ graph, inputs }) => test(graph, cast(graph, inputs['x']!, 'float32'));
}

const isNan = (graph: Recorder, x: Value): Value => unary(graph, 'IsNaN', x, 'bool');
const isInf = (graph: Recorder, x: Value): Value => unary(graph, 'IsInf', x, 'bool');

/** log(1 + x); near 0 as 2·atanh(x / (2 + x)), which keeps the digits that 1 + x loses. */
const log1p: Kernel = ({ graph, inputs }) => {
  const x = cast(graph, inputs['x']!, 'float32');
  const scalar = (number: number): Value => graph.scalar('float32', number);
  const direct = unary(graph, 'Log', binary(graph, 'Add', x, scalar(1)));
  const ratio = binary(graph, 'Div', x, binary(graph, 'Add', x, scalar(2)));
  const precise = binary(graph, 'Mul', unary(graph, 'Atanh', ratio), scalar(2));
  const small = binary(graph, 'Less', unary(graph, 'Abs', x), scalar(0.5), 'bool');
  return where(graph, small, precise, direct);
};

/** exp(x) − 1 as 2·sinh(x/2)·exp(x/2), which keeps the digits near 0. */
const expm1: Kernel = ({ graph, inputs }) => {
  const x = cast(graph, inputs['x']!, 'float32');
  const half = binary(graph, 'Mul', x, graph.scalar('float32', 0.5));
  // Below −40 the result is −1 to the last digit; unbounded, the product would be −∞·0.
  const bounded = binary(graph, 'Max', half, graph.scalar('float32', -40));
  const product = binary(graph, 'Mul', unary(graph, 'Sinh', bounded), unary(graph, 'Exp', bounded));
  return binary(graph, 'Mul', product, graph.scalar('float32', 2));
};

const step: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const zero = graph.scalar(x.dtype, 0);
  const below = attrs.alpha ? graph.number(x.dtype, attrs.alpha) : zero;
  const stepped = where(graph, binary(graph, 'Greater', x, zero, 'bool'), graph.scalar(x.dtype, 1), below);
  return x.dtype === 'float32' ? where(graph, isNan(graph, x), x, stepped) : stepped;
};

const clipByValue: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  const [low, high] = [graph.number(x.dtype, attrs.clipValueMin), graph.number(x.dtype, attrs.clipValueMax)];
  return graph.op('Clip', [x, low, high], x.dtype, x.shape);
};

/** Element-wise kernels of one input. */
export const unaryKernels: KernelFamily = {
  Abs: sameTypeOperator('Abs'),
  Acos: floatOperator('Acos'),
  Acosh: floatOperator('Acosh'),
  Asin: floatOperator('Asin'),
  Asinh: floatOperator('Asinh'),
  Atan: floatOperator('Atan'),
  Atanh: floatOperator('Atanh'),
  Ceil: roundingOperator('Ceil'),
  ClipByValue: clipByValue,
  Cos: floatOperator('Cos'),
  Cosh: floatOperator('Cosh'),
  Elu: floatOperator('Elu'),
  Erf: floatOperator('Erf'),
  Exp: floatOperator('Exp'),
  Expm1: expm1,
  Floor: roundingOperator('Floor'),
  IsFinite: floatTest((graph, x) =>
    unary(graph, 'Not', binary(graph, 'Or', isNan(graph, x), isInf(graph, x), 'bool')),
  ),
  IsInf: floatTest(isInf),
  IsNan: floatTest(isNan),
  LeakyRelu: ({ graph, inputs, attrs }) => {
    const x = cast(graph, inputs['x']!, 'float32');
    return graph.op('LeakyRelu', [x], 'float32', x.shape, { alpha: new Float(attrs.alpha) });
  },
  Log: floatOperator('Log'),
  Log1p: log1p,
  LogicalNot: ({ graph, inputs }) => unary(graph, 'Not', cast(graph, inputs['x']!, 'bool'), 'bool'),
  Neg: sameTypeOperator('Neg'),
  Reciprocal: floatOperator('Reciprocal'),
  Relu: ({ graph, inputs }) => unary(graph, 'Relu', inputs['x']!),
  Relu6: ({ graph, inputs }) => {
    const x = inputs['x']!;
    return graph.op('Clip', [x, graph.scalar(x.dtype, 0), graph.scalar(x.dtype, 6)], x.dtype, x.shape);
  },
  Round: roundingOperator('Round'),
  Rsqrt: ({ graph, inputs }) =>
    unary(graph, 'Reciprocal', unary(graph, 'Sqrt', cast(graph, inputs['x']!, 'float32'))),
  Selu: floatOperator('Selu', { alpha: new Float(1.6732632423543772), gamma: new Float(1.0507009873554805) }),
  Sigmoid: floatOperator('Sigmoid'),
  Sign: ({ graph, inputs }) => {
    const x = inputs['x']!;
    const sign = unary(graph, 'Sign', x);
    return x.dtype === 'float32' ? where(graph, isNan(graph, x), graph.scalar('float32', 0), sign) : sign;
  },
  Sin: floatOperator('Sin'),
  Sinh: floatOperator('Sinh'),
  Softplus: floatOperator('Softplus'),
  Sqrt: floatOperator('Sqrt'),
  Square: ({ graph, inputs }) => binary(graph, 'Mul', inputs['x']!, inputs['x']!),
  Step: step,
  Tan: floatOperator('Tan'),
  Tanh: floatOperator('Tanh'),
};
