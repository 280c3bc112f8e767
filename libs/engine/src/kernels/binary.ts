import { binary, cast, unary, where } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { ElementType, Value } from '../recorder/value.js';
import type { Kernel, KernelFamily } from './kernel.js';

type Combine = (graph: Recorder, a: Value, b: Value) => Value;

function kernel(combine: Combine): Kernel {
  return ({ graph, inputs }) => combine(graph, inputs['a']!, inputs['b']!);
}

function arithmetic(type: string): Kernel {
  return kernel((graph, a, b) => {
    if (a.dtype !== 'bool') return binary(graph, type, a, b);
    return cast(graph, binary(graph, type, cast(graph, a, 'int32'), cast(graph, b, 'int32')), 'bool');
  });
}

function comparison(type: string): Kernel {
  return kernel((graph, a, b) => {
    const type32: ElementType = a.dtype === 'bool' ? 'int32' : a.dtype;
    return binary(graph, type, cast(graph, a, type32), cast(graph, b, type32), 'bool');
  });
}

function logical(type: string): Kernel {
  return kernel((graph, a, b) => binary(graph, type, cast(graph, a, 'bool'), cast(graph, b, 'bool'), 'bool'));
}

/** Whole numbers are divided as float64: exact, and a division by zero cannot trap. */
const floorDiv: Combine = (graph, a, b) => {
  const wide: ElementType = a.dtype === 'float32' ? 'float32' : 'float64';
  const quotient = binary(graph, 'Div', cast(graph, a, wide), cast(graph, b, wide));
  return cast(graph, unary(graph, 'Floor', quotient), a.dtype);
};

/** The remainder with the sign of the divisor. */
const floorMod: Combine = (graph, a, b) => {
  const wide: ElementType = a.dtype === 'float32' ? 'float32' : 'float64';
  const [x, y] = [cast(graph, a, wide), cast(graph, b, wide)];
  const fmod = (left: Value, right: Value): Value => {
    const sum = binary(graph, 'Add', left, right);
    return graph.op('Mod', [left, right], wide, sum.shape, { fmod: 1 });
  };
  const remainder = fmod(x, y);
  const zero = graph.scalar(wide, 0);
  const signsDiffer = binary(graph, 'Less', binary(graph, 'Mul', remainder, y), zero, 'bool');
  return cast(graph, where(graph, signsDiffer, binary(graph, 'Add', remainder, y), remainder), a.dtype);
};

/** The angle of (b, a) in (−π, π]. */
const atan2: Combine = (graph, y, x) => {
  const zero = graph.scalar('float32', 0);
  const scalar = (number: number): Value => graph.scalar('float32', number);
  const principal = unary(graph, 'Atan', binary(graph, 'Div', y, x));
  const yNegative = binary(graph, 'Less', y, zero, 'bool');
  const turn = where(graph, yNegative, scalar(-Math.PI), scalar(Math.PI));
  const xNegative = binary(graph, 'Less', x, zero, 'bool');
  const turned = where(graph, xNegative, binary(graph, 'Add', principal, turn), principal);
  const bothZero = binary(
    graph,
    'And',
    binary(graph, 'Equal', x, zero, 'bool'),
    binary(graph, 'Equal', y, zero, 'bool'),
  );
  return where(graph, bothZero, zero, turned);
};

const squaredDifference: Combine = (graph, a, b) => {
  const difference = binary(graph, 'Sub', a, b);
  return binary(graph, 'Mul', difference, difference);
};

/** 1 where x is positive, else the slope; an activation with a slope per channel. */
const prelu: Kernel = ({ graph, inputs }) =>
  graph.op(
    'PRelu',
    [cast(graph, inputs['x']!, 'float32'), cast(graph, inputs['alpha']!, 'float32')],
    'float32',
    inputs['x']!.shape,
  );

/** Gradient of elu through its output y: dy where y is positive, else dy·(y + 1). */
const eluGrad: Kernel = ({ graph, inputs }) => {
  const [dy, y] = [inputs['dy']!, inputs['y']!];
  const scaled = binary(graph, 'Mul', dy, binary(graph, 'Add', y, graph.scalar('float32', 1)));
  return where(graph, binary(graph, 'Less', y, graph.scalar('float32', 0), 'bool'), scaled, dy);
};

/** Element-wise kernels of two broadcast inputs. */
export const binaryKernels: KernelFamily = {
  Add: arithmetic('Add'),
  Atan2: kernel(atan2),
  EluGrad: eluGrad,
  Equal: comparison('Equal'),
  FloorDiv: kernel(floorDiv),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalXor: logical('Xor'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  Mod: kernel(floorMod),
  Multiply: arithmetic('Mul'),
  NotEqual: kernel((graph, a, b) => unary(graph, 'Not', binary(graph, 'Equal', a, b, 'bool'))),
  Pow: kernel((graph, a, b) => binary(graph, 'Pow', a, b)),
  Prelu: prelu,
  RealDiv: kernel((graph, a, b) =>
    binary(graph, 'Div', cast(graph, a, 'float32'), cast(graph, b, 'float32')),
  ),
  SquaredDifference: kernel(squaredDifference),
  Sub: arithmetic('Sub'),
};
