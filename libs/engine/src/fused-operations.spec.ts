import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { fusedGelu, fusedLayerNorm, fusedQuickGelu, startEngine, type Engine } from './index.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

const x = (): tf.Tensor2D => tf.tensor2d([-9, -1.5, -0.1, 0, 0.3, 1, 2, 30], [2, 4]);
const gain = (): tf.Tensor1D => tf.tensor1d([1, 2, 3, 4]);
const bias = (): tf.Tensor1D => tf.tensor1d([0.5, 0, -0.5, 1]);

const OPERATIONS: Record<string, { kernel: string; run: () => tf.Tensor[] }> = {
  fusedGelu: { kernel: 'UbtGelu', run: () => [fusedGelu(x())] },
  fusedQuickGelu: { kernel: 'UbtQuickGelu', run: () => [fusedQuickGelu(x(), 1.702)] },
  fusedLayerNorm: {
    kernel: 'UbtLayerNorm',
    run: () => {
      const { value, mean, inverse } = fusedLayerNorm(x(), gain(), bias(), 1e-5);
      return [value, mean, inverse];
    },
  },
};

async function valuesOf(run: () => tf.Tensor[]): Promise<number[][]> {
  const tensors = tf.tidy(run);
  const values = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
  tf.dispose(tensors);
  return values;
}

describe.each(Object.entries(OPERATIONS))('%s', (_name, { kernel, run }) => {
  it('is the same with the fused kernel and without it', async () => {
    const fused = await valuesOf(run);
    const config = tf.getKernel(kernel, tf.getBackend());
    tf.unregisterKernel(kernel, tf.getBackend());
    const composed = await valuesOf(run);
    tf.registerKernel(config);
    fused.forEach((values, i) =>
      values.forEach((value, j) => expect(value).toBeCloseTo(composed[i]![j]!, 5)),
    );
    expect(fused.map(({ length }) => length)).toEqual(composed.map(({ length }) => length));
  });
});

describe('the values', () => {
  it('are those of the formulas', async () => {
    const [[gelu], [quick]] = [
      await valuesOf(OPERATIONS['fusedGelu']!.run),
      await valuesOf(OPERATIONS['fusedQuickGelu']!.run),
    ];
    expect(gelu![5]).toBeCloseTo(0.841345, 5);
    expect(quick![5]).toBeCloseTo(1 / (1 + Math.exp(-1.702)), 5);
    const [value, mean, inverse] = await valuesOf(OPERATIONS['fusedLayerNorm']!.run);
    expect(mean![0]).toBeCloseTo(-2.65, 5);
    const variance = [-9, -1.5, -0.1, 0].reduce((sum, v) => sum + (v + 2.65) ** 2, 0) / 4;
    expect(inverse![0]).toBeCloseTo((variance + 1e-5) ** -0.5, 5);
    expect(value![1]).toBeCloseTo(2 * (-1.5 + 2.65) * (variance + 1e-5) ** -0.5, 4);
  });
});
