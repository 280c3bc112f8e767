import { Float } from '../recorder/graph-node.js';
import { unary } from '../recorder/operations.js';
import type { Recorder } from '../recorder/recorder.js';
import type { Value } from '../recorder/value.js';
import { refuse } from './refusals.js';

/** What a fused kernel applies last. */
export interface FusedActivation {
  readonly activation?: string | null;
  readonly leakyreluAlpha?: number;
}

/** Records the activation of a fused kernel. */
export function activate(graph: Recorder, x: Value, fused: FusedActivation, slope?: Value): Value {
  switch (fused.activation ?? 'linear') {
    case 'linear':
      return x;
    case 'relu':
      return unary(graph, 'Relu', x);
    case 'relu6':
      return graph.op(
        'Clip',
        [x, graph.scalar('float32', 0), graph.scalar('float32', 6)],
        'float32',
        x.shape,
      );
    case 'elu':
      return unary(graph, 'Elu', x);
    case 'sigmoid':
      return unary(graph, 'Sigmoid', x);
    case 'prelu':
      return graph.op('PRelu', [x, slope!], 'float32', x.shape);
    case 'leakyrelu':
      return graph.op('LeakyRelu', [x], 'float32', x.shape, {
        alpha: new Float(fused.leakyreluAlpha ?? 0.2),
      });
    default:
      throw refuse(`the fused activation ${String(fused.activation)}`);
  }
}
