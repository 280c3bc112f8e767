import { Float } from '../recorder/graph-node.js';
import type { Value } from '../recorder/value.js';
import type { Kernel, KernelFamily } from './kernel.js';

const quickGelu: Kernel = ({ graph, inputs, attrs }) => {
  const x = inputs['x']!;
  return graph.op('QuickGelu', [x], 'float32', x.shape, { alpha: new Float(attrs.alpha) });
};

const gelu: Kernel = ({ graph, inputs }) => graph.op('Gelu', [inputs['x']!], 'float32', inputs['x']!.shape);

/** Over the last dimension; gives the result, and the mean and the inverse deviation of each row. */
const layerNorm: Kernel = ({ graph, inputs, attrs }) => {
  const { x, gain, bias } = inputs as Record<string, Value>;
  const perRow = { dtype: 'float32', shape: [...x!.shape.slice(0, -1), 1] } as const;
  const outputs = [{ dtype: 'float32', shape: x!.shape } as const, perRow, perRow];
  const attributes = { axis: -1, epsilon: new Float(attrs.epsilon) };
  return graph.multiOp('LayerNormalization', [x!, gain!, bias!], outputs, attributes);
};

/** Kernels that TensorFlow.js has no name for; see fused-operations.ts. */
export const fusedKernels: KernelFamily = { UbtGelu: gelu, UbtLayerNorm: layerNorm, UbtQuickGelu: quickGelu };
