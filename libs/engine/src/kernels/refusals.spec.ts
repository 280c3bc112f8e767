import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '../index.js';

/** What the onnxruntime backend answers where TensorFlow answers otherwise. */
describe('the onnxruntime backend', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ threads: 2 });
  });
  afterAll(() => engine.dispose());

  it('refuses by name what it does not compute', () => {
    const refused = { kind: 'unimplemented', code: 'ENGINE_KERNEL_UNSUPPORTED' };
    expect(caught(() => tf.complex([1], [2]))).toMatchObject(refused);
    expect(caught(() => tf.cumprod(tf.tensor1d([1, 2])))).toMatchObject(refused);
    const text = { kind: 'unimplemented', code: 'ENGINE_STRING_TENSOR' };
    expect(caught(() => tf.tensor1d(['a', 'b']))).toMatchObject(text);
  });

  it('refuses operands that do not fit when they are recorded', () => {
    const mismatch = { kind: 'invalid-argument', code: 'ENGINE_SHAPE_MISMATCH' };
    const a = tf.ones([2, 3]);
    expect(caught(() => tf.add(a, tf.tensor1d([1, 2])))).toMatchObject(mismatch);
    expect(caught(() => tf.matMul(a, a))).toMatchObject(mismatch);
  });

  it('does not trap when a whole number is divided by zero', async () => {
    const [seven, zero] = [7, 0].map((value) => tf.tensor1d([value], 'int32')) as [tf.Tensor, tf.Tensor];
    expect(Array.from(await tf.mul(tf.floorDiv(seven, zero), zero).data())).toEqual([0]);
  });
});

function caught(f: () => unknown): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  return undefined;
}
