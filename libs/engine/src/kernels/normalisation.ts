import { binary, unary } from '../recorder/operations.js';
import type { Kernel, KernelFamily } from './kernel.js';

/** (x − mean) / √(variance + ε) · scale + offset, over the last dimension. */
const fusedBatchNorm: Kernel = ({ graph, inputs, attrs }) => {
  const epsilon = graph.number('float32', attrs.varianceEpsilon ?? 0.001);
  const deviation = unary(graph, 'Sqrt', binary(graph, 'Add', inputs['variance']!, epsilon));
  const centred = binary(graph, 'Sub', inputs['x']!, inputs['mean']!);
  const normal = binary(graph, 'Div', centred, deviation);
  const scaled = inputs['scale'] ? binary(graph, 'Mul', normal, inputs['scale']) : normal;
  return inputs['offset'] ? binary(graph, 'Add', scaled, inputs['offset']) : scaled;
};

/** Normalisations. */
export const normalisationKernels: KernelFamily = { FusedBatchNorm: fusedBatchNorm };
