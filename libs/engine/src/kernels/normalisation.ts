import { binary, unary } from '../recorder/operations.js';
import type { Value } from '../recorder/value.js';
import type { Kernel, KernelFamily } from './kernel.js';

/**
 * (x − mean) / √(variance + ε) · scale + offset, with the factors of x and the constant terms put together first:
 * two passes over x instead of four.
 */
const fusedBatchNorm: Kernel = ({ graph, inputs, attrs }) => {
  const { x, mean, variance, scale, offset } = inputs as Record<string, Value>;
  const epsilon = graph.number('float32', attrs.varianceEpsilon ?? 0.001);
  const inverse = unary(graph, 'Reciprocal', unary(graph, 'Sqrt', binary(graph, 'Add', variance!, epsilon)));
  const factor = scale ? binary(graph, 'Mul', inverse, scale) : inverse;
  const shift = binary(graph, 'Mul', mean!, factor);
  const scaled = binary(graph, 'Mul', x!, factor);
  return offset
    ? binary(graph, 'Add', scaled, binary(graph, 'Sub', offset, shift))
    : binary(graph, 'Sub', scaled, shift);
};

/** Normalisations. */
export const normalisationKernels: KernelFamily = { FusedBatchNorm: fusedBatchNorm };
