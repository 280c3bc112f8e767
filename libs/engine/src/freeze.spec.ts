import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { freeze, seededRandom, startEngine, type Engine, type Precision } from './index.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

const random = seededRandom(11);
const normal = (...shape: number[]): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  );

/** Distance of `actual` from `expected`, as a share of the length of `expected`. */
function relativeError(actual: Float32Array, expected: Float32Array): number {
  const length = (values: Float32Array): number => Math.hypot(...values);
  return length(actual.map((value, i) => value - expected[i]!)) / length(expected);
}

/** Runs `f` three times, with frozen weights: fed, compiled in, and from the cache. */
async function runFrozen(f: (weights: tf.Tensor[]) => tf.Tensor, weights: tf.Tensor[], precision: Precision) {
  const frozen = await freeze(weights, precision);
  const results: Float32Array[] = [];
  for (let i = 0; i < 3; i++) {
    const y = tf.tidy(() => f(frozen));
    results.push(Float32Array.from(await y.data()));
    y.dispose();
  }
  tf.dispose(frozen);
  await engine.flush();
  return results;
}

/** What models do with their weights. */
const CASES: Record<string, { f: (x: tf.Tensor, w: tf.Tensor[]) => tf.Tensor; x: number[]; w: number[][] }> =
  {
    'a product with a transposed matrix, and a bias': {
      f: (x, [w, b]) => tf.add(tf.matMul(x, w!, false, true), b!),
      x: [40, 24],
      w: [[32, 24], [32]],
    },
    'a product with joined matrices': {
      f: (x, [v, w]) => tf.matMul(x, tf.concat([v!, w!]) as tf.Tensor2D, false, true),
      x: [3, 10, 24].slice(1),
      w: [
        [8, 24],
        [16, 24],
      ],
    },
    'a pointwise convolution': {
      f: (x, [w, b]) => tf.relu(tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), b!)),
      x: [2, 6, 6, 16],
      w: [[1, 1, 16, 8], [8]],
    },
    'a small convolution with a scaled filter': {
      f: (x, [w, g]) =>
        tf.conv2d(
          x as tf.Tensor4D,
          tf.mul(tf.mul(w!, tf.rsqrt(tf.add(tf.square(g!), 1e-5))), 2) as tf.Tensor4D,
          1,
          1,
        ),
      x: [2, 9, 9, 8],
      w: [[3, 3, 8, 16], [16]],
    },
    'a large convolution with a stride': {
      f: (x, [w]) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 1),
      x: [1, 36, 36, 8],
      w: [[3, 3, 8, 16]],
    },
  };

describe('freeze', () => {
  for (const [name, { f, x: inShape, w: shapes }] of Object.entries(CASES)) {
    it(`computes ${name} as before, exactly in float32 and nearly in int8`, async () => {
      const x = normal(...inShape);
      const weights = shapes.map((shape) => normal(...shape));
      const plain = tf.tidy(() => f(x, weights));
      const expected = Float32Array.from(await plain.data());
      for (const result of await runFrozen((w) => f(x, w), weights, 'float32')) {
        expect(relativeError(result, expected)).toBeLessThan(1e-6);
      }
      for (const result of await runFrozen((w) => f(x, w), weights, 'int8')) {
        const error = relativeError(result, expected);
        expect(error).toBeLessThan(0.02);
        expect(error).toBeGreaterThan(1e-4);
      }
      tf.dispose([x, plain, ...weights]);
    });
  }

  it('compiles the weights in at the second run, and frees the graph with them', async () => {
    const [x, w] = [normal(8, 16), normal(16, 4)];
    const [frozen] = await freeze([w]);
    const before = engine.stats();
    const run = async (): Promise<number> => {
      const y = tf.matMul(x as tf.Tensor2D, frozen as tf.Tensor2D);
      await y.data();
      y.dispose();
      return engine.stats().sessionsCompiled - before.sessionsCompiled;
    };
    expect([await run(), await run(), await run()]).toEqual([1, 2, 2]);
    expect(engine.stats().cachedSessions).toBe(before.cachedSessions + 1);
    expect(engine.stats().sessionBytes).toBeGreaterThan(before.sessionBytes);
    frozen!.dispose();
    await engine.flush();
    expect(engine.stats().cachedSessions).toBe(before.cachedSessions);
    expect(engine.stats().sessionBytes).toBe(before.sessionBytes);
    tf.dispose([x, w]);
  });

  it('compiles them in at the first run when told to, so that the first result has the bits of all others', async () => {
    const [x, w] = [normal(40, 96), normal(96, 64)];
    const [frozen] = await freeze([w], 'float32', 'at-once');
    const before = engine.stats().sessionsCompiled;
    const run = async (): Promise<Float32Array> => {
      const y = tf.tidy(() => tf.softmax(tf.matMul(x as tf.Tensor2D, frozen as tf.Tensor2D)));
      const values = Float32Array.from(await y.data());
      y.dispose();
      return values;
    };
    const [first, second, third] = [await run(), await run(), await run()];
    expect(engine.stats().sessionsCompiled - before).toBe(1);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    tf.dispose([x, w, frozen!]);
  });

  it('compiles in once what two models share', async () => {
    const [x, w] = [normal(8, 256), normal(256, 256)];
    const once = await freeze([w], 'float32', 'at-once');
    const sharing = await freeze([w, w], 'float32', 'at-once');
    const bytesOf = async (weights: tf.Tensor[]): Promise<number> => {
      const before = engine.stats().sessionBytes;
      const y = tf.tidy(() =>
        tf.addN(weights.map((weight) => tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D))),
      );
      const values = Float32Array.from(await y.data());
      const plain = tf.tidy(() => tf.mul(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), weights.length));
      expect(relativeError(values, (await plain.data()) as Float32Array)).toBeLessThan(1e-6);
      tf.dispose([y, plain]);
      return engine.stats().sessionBytes - before;
    };
    const [one, two] = [await bytesOf(once), await bytesOf(sharing)];
    expect(two - one).toBeLessThan(w.size);
    const sessions = engine.stats().cachedSessions;
    sharing[1]!.dispose();
    await engine.flush();
    expect(engine.stats().cachedSessions).toBe(sessions - 1);
    tf.dispose([x, w, ...once, sharing[0]!]);
  });

  it('keeps its elements when the original is assigned anew or gone', async () => {
    const tensors = tf.memory().numTensors;
    const w = tf.tidy(() => tf.variable(tf.mul(normal(64, 64), 1)));
    await w.data();
    tf.tidy(() => w.assign(tf.mul(w, 2)));
    await engine.flush();
    const [frozen] = await freeze([w]);
    const expected = Float32Array.from(await frozen!.data());
    for (let i = 0; i < 3; i++) {
      tf.tidy(() => w.assign(tf.add(w, 1)));
      await engine.flush();
    }
    w.dispose();
    expect(await frozen!.data()).toEqual(expected);
    frozen!.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('lets a gradient through to the input', async () => {
    const [x, w] = [normal(3, 5), normal(5, 2)];
    const [frozen] = await freeze([w]);
    const slope = (matrix: tf.Tensor) =>
      tf.tidy(() =>
        tf.grad((input) => tf.sum(tf.square(tf.matMul(input as tf.Tensor2D, matrix as tf.Tensor2D))))(x),
      );
    const [given, expected] = [slope(frozen!), slope(w)];
    expect(
      relativeError((await given.data()) as Float32Array, (await expected.data()) as Float32Array),
    ).toBeLessThan(1e-6);
    tf.dispose([x, w, frozen!, given, expected]);
  });
});
