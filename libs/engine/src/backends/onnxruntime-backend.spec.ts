import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { normalTensor } from '../../test/finite-differences.js';
import { startEngine, type Engine } from '../index.js';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine({ threads: 2 });
});
afterEach(() => engine.dispose());

/** A two-layer perceptron on fixed data; returns a step that records and the variables it trains. */
function perceptron(rate: (step: number) => number) {
  const x = normalTensor([32, 8], 1);
  const y = normalTensor([32, 1], 2);
  const weights = [normalTensor([8, 16], 3, 0.3), normalTensor([16, 1], 4, 0.3)].map((w) => tf.variable(w));
  let step = 0;
  return (): tf.Scalar =>
    tf.tidy(() => {
      const [w1, w2] = weights as [tf.Variable, tf.Variable];
      const { value, grads } = tf.variableGrads(
        () => tf.mean(tf.squaredDifference(tf.matMul(tf.tanh(tf.matMul(x, w1)), w2), y)) as tf.Scalar,
      );
      for (const w of weights) w.assign(tf.sub(w, tf.mul(grads[w.name]!, rate(step))));
      step++;
      return value;
    });
}

async function train(record: () => tf.Scalar, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const loss = record();
    losses.push((await loss.data())[0]!);
    loss.dispose();
  }
  return losses;
}

describe('laziness', () => {
  it('runs forward, backward and update as one graph, and computes nothing before it is read', async () => {
    const record = perceptron(() => 0.1);
    const loss = record();
    expect(engine.stats()).toMatchObject({ graphRuns: 0, sessionsCompiled: 0 });
    expect(engine.stats().pendingNodes).toBeGreaterThan(10);
    await loss.data();
    expect(engine.stats()).toMatchObject({ graphRuns: 1, sessionsCompiled: 1, pendingNodes: 0 });
  });

  it('answers several reads with one run', async () => {
    const x = tf.tensor1d([1, 2]);
    const [a, b] = [tf.square(x), tf.neg(x)];
    const [first, second] = await Promise.all([a.data(), b.data()]);
    expect([...first, ...second]).toEqual([1, 4, -1, -2]);
    expect(engine.stats().graphRuns).toBe(1);
  });

  it('keeps what is still used by operations recorded while a run is on', async () => {
    const x = tf.tensor1d([1, 2]);
    const y = tf.square(x);
    const reading = y.data();
    const z = tf.add(y, 1);
    y.dispose();
    const later = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      const w = tf.mul(z, 2);
      z.dispose();
      return w.data();
    });
    expect([...(await reading)]).toEqual([1, 4]);
    expect([...(await later)]).toEqual([4, 10]);
  });

  it('answers a read although the tensor is disposed meanwhile', async () => {
    const y = tf.square(tf.tensor1d([3]));
    const reading = y.data();
    y.dispose();
    expect((await reading)[0]).toBe(9);
  });

  it('flushes on request, and only when something is missing', async () => {
    const y = tf.square(tf.tensor1d([3]));
    await engine.flush([y]);
    await engine.flush([y]);
    expect(engine.stats().graphRuns).toBe(1);
    expect(y.dataSync()[0]).toBe(9);
  });

  it('refuses a synchronous read of a pending value', () => {
    const y = tf.square(tf.tensor1d([3]));
    expect(() => y.dataSync()).toThrow(expect.objectContaining({ code: 'ENGINE_SYNC_READ' }));
  });

  it('runs by itself when nobody reads for a long time', async () => {
    let x: tf.Tensor = tf.tensor1d([0]);
    for (let i = 0; i < 20_100; i++) x = tf.tidy(() => tf.add(x, 1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await engine.flush();
    expect((await x.data())[0]).toBe(20_100);
    expect(engine.stats().pendingNodes).toBe(0);
  });
});

describe('failures', () => {
  it('reach the reader, and later work goes on', async () => {
    const bad = tf.gather(tf.tensor1d([1, 2]), tf.tensor1d([5], 'int32'));
    const after = tf.square(bad);
    await expect(after.data()).rejects.toMatchObject({ kind: 'internal', code: 'ENGINE_RUN_FAILED' });
    await expect(bad.data()).rejects.toMatchObject({ code: 'ENGINE_RUN_FAILED' });
    await expect(tf.add(bad, 1).data()).rejects.toMatchObject({ code: 'ENGINE_RUN_FAILED' });
    expect((await tf.square(tf.tensor1d([2])).data())[0]).toBe(4);
  });
});

describe('compiled graphs', () => {
  it('are used again by every step of a loop', async () => {
    const losses = await train(
      perceptron(() => 0.1),
      20,
    );
    expect(losses[19]).toBeLessThan(losses[0]!);
    expect(engine.stats()).toMatchObject({ graphRuns: 20, sessionsCompiled: 1 });
  });

  it('are not compiled anew for a learning-rate schedule', async () => {
    await train(
      perceptron((step) => 0.1 / (1 + step)),
      20,
    );
    expect(engine.stats()).toMatchObject({ graphRuns: 20, sessionsCompiled: 1, cachedSessions: 1 });
  });

  it('do not depend on the shape in which a variable was updated', async () => {
    const w = tf.variable(tf.ones([2, 3]));
    for (let i = 1; i <= 3; i++) {
      tf.tidy(() => w.assign(tf.reshape(tf.add(tf.reshape(w, [6]), tf.sum(w)), [2, 3])));
      expect((await w.data())[5]).toBe(7 ** i);
    }
    expect(engine.stats().sessionsCompiled).toBe(1);
  });

  it('follow every number that changes', async () => {
    const x = tf.tensor1d([1, 2]);
    for (const factor of [1, 1, 2, 3, 3, 5, 5, 1]) {
      const y = tf.tidy(() => tf.add(tf.mul(x, factor), factor > 2 ? 10 : 20));
      expect([...(await y.data())]).toEqual([1, 2].map((v) => v * factor + (factor > 2 ? 10 : 20)));
      y.dispose();
    }
    expect(engine.stats().sessionsCompiled).toBe(1);
  });

  it('are bounded in number', async () => {
    for (let size = 1; size <= 80; size++) await tf.tidy(() => tf.square(tf.ones([size]))).data();
    expect(engine.stats().sessionsCompiled).toBe(80);
    expect(engine.stats().cachedSessions).toBeLessThanOrEqual(64);
  });

  it('learn the same as a loop written by hand', async () => {
    const w = tf.variable(tf.tensor1d([1]));
    const optimizer = tf.train.momentum(0.1, 0.9);
    for (let i = 0; i < 5; i++) {
      (optimizer.minimize(() => tf.sum(tf.square(w)) as tf.Scalar, true, [w]) as tf.Scalar).dispose();
    }
    let [expected, velocity] = [1, 0];
    for (let i = 0; i < 5; i++) {
      velocity = 0.9 * velocity + 2 * expected;
      expected -= 0.1 * velocity;
    }
    expect((await w.data())[0]).toBeCloseTo(expected, 5);
  });
});

describe('memory', () => {
  it('does not grow in a loop of 1,000 steps', async () => {
    const record = perceptron(() => 0.01);
    await train(record, 50);
    const before = tf.memory();
    globalThis.gc?.();
    const heap = process.memoryUsage().rss;
    await train(record, 1000);
    const after = tf.memory();
    expect(after.numTensors).toBe(before.numTensors);
    expect(after.numDataBuffers).toBe(before.numDataBuffers);
    expect(after.numBytes).toBe(before.numBytes);
    expect(engine.stats().sessionsCompiled).toBe(1);
    expect(process.memoryUsage().rss - heap).toBeLessThan(64 * 2 ** 20);
  });

  it('uses freed output memory again, but never what a reader holds', async () => {
    const size = 4096;
    const x = tf.variable(tf.zeros([size]));
    const seen: Float32Array[] = [];
    for (let i = 1; i <= 6; i++) {
      tf.tidy(() => x.assign(tf.add(x, 1)));
      if (i % 2 === 0) seen.push((await x.data()) as Float32Array);
      else await engine.flush();
    }
    expect(seen.map((values) => values[0])).toEqual([2, 4, 6]);
    expect(seen.every((values) => values.every((value) => value === values[0]))).toBe(true);
    expect(engine.stats().poolBytes).toBeGreaterThan(0);
  });

  it('counts shared data once', () => {
    const before = tf.memory();
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const views = [tf.reshape(x, [4]), tf.clone(x), tf.expandDims(x, 0)];
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
    tf.dispose(views);
    x.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });
});
