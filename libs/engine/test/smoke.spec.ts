import { expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../src/index.js';

it('trains', async () => {
  const engine = await startEngine({ threads: 2 });
  const x = tf.randomNormal([64, 10], 0, 1, 'float32', 1);
  const target = tf.sum(tf.square(x), 1, true);
  const w1 = tf.variable(tf.randomNormal([10, 32], 0, 0.3, 'float32', 2));
  const w2 = tf.variable(tf.randomNormal([32, 1], 0, 0.3, 'float32', 3));
  const b = tf.variable(tf.zeros([32]));
  const optimizer = tf.train.adam(0.01);
  const losses: number[] = [];
  for (let i = 0; i < 200; i++) {
    const loss = optimizer.minimize(
      () =>
        tf.mean(
          tf.squaredDifference(tf.matMul(tf.relu(tf.add(tf.matMul(x, w1), b)), w2), target),
        ) as tf.Scalar,
      true,
    )!;
    losses.push((await loss.data())[0]!);
    loss.dispose();
  }
  console.log(losses[0], losses[199], engine.stats());
  expect(losses[199]).toBeLessThan(losses[0]! / 4);
  // conv
  const img = tf.randomNormal([8, 12, 12, 3], 0, 1, 'float32', 4) as tf.Tensor4D;
  const f = tf.variable(tf.randomNormal([3, 3, 3, 8], 0, 0.2, 'float32', 5)) as tf.Variable<tf.Rank.R4>;
  const f2 = tf.variable(tf.randomNormal([3, 3, 8, 4], 0, 0.2, 'float32', 6)) as tf.Variable<tf.Rank.R4>;
  const y = tf.randomNormal([8, 4], 0, 1, 'float32', 7);
  const adam2 = tf.train.adam(0.02);
  const cl: number[] = [];
  for (let i = 0; i < 60; i++) {
    const loss = adam2.minimize(
      () => {
        let h = tf.relu(tf.conv2d(img, f, 1, 'same'));
        h = tf.avgPool(h, 2, 2, 'valid');
        h = tf.maxPool(tf.conv2d(h, f2, 2, 'same'), 3, 1, 'valid');
        return tf.mean(tf.squaredDifference(tf.reshape(h, [8, 4]), y)) as tf.Scalar;
      },
      true,
      [f, f2],
    )!;
    cl.push((await loss.data())[0]!);
    loss.dispose();
  }
  console.log(cl[0], cl[59], engine.stats());
  expect(cl[59]).toBeLessThan(cl[0]! * 0.7);
});
