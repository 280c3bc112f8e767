import { binary, matMul } from '../recorder/operations.js';
import { activate } from './activation.js';
import type { Kernel, KernelFamily } from './kernel.js';

const batchMatMul: Kernel = ({ graph, inputs, attrs }) =>
  matMul(graph, inputs['a']!, inputs['b']!, attrs.transposeA, attrs.transposeB);

const fusedMatMul: Kernel = ({ graph, inputs, attrs }) => {
  const product = matMul(graph, inputs['a']!, inputs['b']!, attrs.transposeA, attrs.transposeB);
  const biased = inputs['bias'] ? binary(graph, 'Add', product, inputs['bias']) : product;
  return activate(graph, biased, attrs, inputs['preluActivationWeights']);
};

/** Matrix products. */
export const matMulKernels: KernelFamily = {
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
};
