import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { dropFreeMemory, startEngine, type Engine } from './index.js';

jest.setTimeout(600_000);

const [WARM_UP, STEPS] = [2_000, 10_000];
/** What may come to lie around in V8: 100 bytes a step. */
const HEAP_NOISE = 2 ** 20;
/** Native memory: the allocator's pages are resident before they are used; 3 KiB a step would be as much. */
const RESIDENT_NOISE = 2 ** 25;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory of the process after a garbage collection, in bytes. */
function memoryUsage(): { readonly heap: number; readonly resident: number } {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

it('takes no more memory after 10,000 training steps than before', async () => {
  const w = tf.variable(tf.randomNormal([32, 16], 0, 1, 'float32', 1));
  const x = tf.randomNormal<tf.Rank.R2>([8, 32], 0, 1, 'float32', 2);
  const step = async (rate: number): Promise<void> => {
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() =>
        tf.mean(tf.square(tf.matMul(x, w as unknown as tf.Tensor2D))),
      );
      w.assign(tf.sub(w, tf.mul(grads[w.name]!, rate)));
      return value;
    });
    await loss.data();
    loss.dispose();
  };
  for (let i = 0; i < WARM_UP; i++) await step(1e-3 / (i + 1));
  const before = { ...engine.stats(), ...memoryUsage() };
  for (let i = 0; i < STEPS; i++) await step(1e-3 / (i + 1));
  const after = { ...engine.stats(), ...memoryUsage() };
  expect(after.graphRuns).toBe(before.graphRuns + STEPS);
  for (const count of ['sessionsCompiled', 'numTensors', 'bytes', 'poolBytes', 'sessionBytes'] as const) {
    expect({ [count]: after[count] }).toEqual({ [count]: before[count] });
  }
  expect(after.heap - before.heap).toBeLessThan(HEAP_NOISE);
  expect(after.resident - before.resident).toBeLessThan(RESIDENT_NOISE);
  tf.dispose([w, x]);
});

it('keeps a moving average in one place, but not while somebody else holds the old one', async () => {
  const size = 100_000;
  const m = tf.variable(tf.ones([size]));
  const g = tf.ones([size]);
  const step = async (): Promise<number> => {
    tf.tidy(() => m.assign(tf.add(tf.mul(m, 0.5), tf.mul(g, 0.25))));
    const first = tf.tidy(() => tf.sum(m));
    const [sum] = await first.data();
    first.dispose();
    return sum! / size;
  };
  expect([await step(), await step()]).toEqual([0.75, 0.625]);
  const { poolBytes } = engine.stats();
  expect(await step()).toBeCloseTo(0.5625, 5);
  expect(engine.stats().poolBytes).toBe(poolBytes);
  const old = tf.clone(m);
  expect(await step()).toBeCloseTo(0.53125, 5);
  expect((await old.data())[size - 1]).toBeCloseTo(0.5625, 5);
  tf.dispose([m, g, old]);
});

it('adds gradients up in one place', async () => {
  const [size, g] = [100_000, tf.ones([100_000])];
  let sum: tf.Tensor = tf.tidy(() => tf.mul(g, 2));
  const add = async (): Promise<number> => {
    const next = tf.tidy(() => tf.add(sum, tf.square(g)));
    sum.dispose();
    sum = next;
    const mean = tf.tidy(() => tf.mean(next));
    const [value] = await mean.data();
    mean.dispose();
    return value!;
  };
  expect([await add(), await add()]).toEqual([3, 4]);
  const { poolBytes, bytes } = engine.stats();
  expect([await add(), await add()]).toEqual([5, 6]);
  expect(engine.stats()).toMatchObject({ poolBytes, bytes });
  expect((await sum.data())[size - 1]).toBe(6);
  tf.dispose([g, sum]);
});

it('lets go of free memory when told to, and computes on', async () => {
  const double = (given: tf.Tensor) => tf.tidy(() => tf.mul(given, 2));
  const [x, y] = [tf.ones([100_000]), double(tf.ones([100_000]))];
  await engine.flush();
  y.dispose();
  expect(engine.stats().poolBytes).toBeGreaterThan(0);
  dropFreeMemory();
  expect(engine.stats().poolBytes).toBe(0);
  const again = double(x);
  expect((await again.data())[99_999]).toBe(2);
  tf.dispose([x, again]);
});
