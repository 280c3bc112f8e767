import * as tf from '@tensorflow/tfjs-core';
import { cast } from '../recorder/operations.js';
import type { TensorType, Value } from '../recorder/value.js';
import { ALL_KERNELS } from '../kernels/all-kernels.js';
import type { Kernel } from '../kernels/kernel.js';
import { refuse, REFUSED_KERNELS } from '../kernels/refusals.js';
import { ONNXRUNTIME_BACKEND, type OnnxruntimeBackend } from './onnxruntime-backend.js';

type Inputs = tf.NamedTensorInfoMap;
// Attributes are checked by the TensorFlow.js operation that calls the kernel.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Attributes = any;
type KernelFunc = (
  backend: OnnxruntimeBackend,
  inputs: Inputs,
  attrs: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];

/** Registers every kernel of the onnxruntime backend with TensorFlow.js. */
export function registerKernels(): void {
  for (const [name, kernel] of Object.entries(ALL_KERNELS)) register(name, recording(kernel));
  for (const [name, kernel] of Object.entries(SHARING_KERNELS)) register(name, kernel);
  for (const name of REFUSED_KERNELS) {
    register(name, () => {
      throw refuse(`the kernel ${name}`);
    });
  }
}

function register(kernelName: string, run: KernelFunc): void {
  tf.registerKernel({
    kernelName,
    backendName: ONNXRUNTIME_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => run(backend as OnnxruntimeBackend, inputs, attrs),
  });
}

function recording(kernel: Kernel): KernelFunc {
  return (backend, inputs, attrs) => {
    const values: Record<string, Value> = {};
    for (const name in inputs) if (inputs[name]) values[name] = backend.tensorValue(inputs[name]);
    const result = kernel({ graph: backend.recorder, inputs: values, attrs });
    return Array.isArray(result) ? result.map((value) => hold(backend, value)) : hold(backend, result);
  };
}

function hold(backend: OnnxruntimeBackend, value: Value): tf.TensorInfo {
  return { dataId: backend.hold(value), shape: [...value.shape], dtype: value.dtype as TensorType };
}

function share(backend: OnnxruntimeBackend, x: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape, dtype: x.dtype };
}

/** Kernels whose result is the same data under another shape. */
const SHARING_KERNELS: Record<string, KernelFunc> = {
  Cast: (backend, { x }, { dtype }) => {
    if (x!.dtype === dtype) return share(backend, x!, x!.shape);
    if (dtype === 'string' || dtype === 'complex64') throw refuse(`${dtype} tensors`);
    return hold(backend, cast(backend.recorder, backend.tensorValue(x!), dtype));
  },
  ExpandDims: (backend, { input }, { dim }) => {
    const shape = [...input!.shape];
    tf.util.assert(
      -(shape.length + 1) <= dim && dim <= shape.length,
      () => `Axis must be in the interval [${-(shape.length + 1)}, ${shape.length}]`,
    );
    shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
    return share(backend, input!, shape);
  },
  Identity: (backend, { x }) => share(backend, x!, x!.shape),
  Reshape: (backend, { x }, { shape }) =>
    share(backend, x!, tf.util.inferFromImplicitShape(shape, tf.util.sizeFromShape(x!.shape))),
};
