import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../dist/index.js';
import { adamW, resNet, transformer, Weights } from './models.mjs';

const CASES = {
  resnet: { input: [128, 32, 32, 3], run: (x, w) => resNet(x, w, 16) },
  resnet64: { input: [64, 64, 64, 3], run: (x, w) => resNet(x, w, 32) },
  'vit-tiny': { input: [128, 17, 64], run: (x, w) => transformer(x, w, 3, 4) },
  'vit-256': { input: [32, 50, 256], run: (x, w) => transformer(x, w, 4, 4) },
};

const [, , only, rounds = '20'] = process.argv;
const engine = await startEngine({ threads: Number(process.env.THREADS ?? 2) });
for (const [name, { input, run }] of Object.entries(CASES)) {
  if (only && only !== 'all' && only !== name) continue;
  const weights = new Weights();
  const state = {};
  const x = tf.randomNormal(input, 0, 1, 'float32', 9);
  tf.tidy(() => void run(x, weights));
  const times = [];
  const cpu = [];
  const record = [];
  for (let step = 1; step <= Number(rounds) + 5; step++) {
    const start = performance.now();
    const cpuStart = process.cpuUsage();
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(tf.square(tf.sub(run(x, weights), 1))),
        weights.list,
      );
      adamW(weights, grads, state, step);
      return value;
    });
    record.push(performance.now() - start);
    const [l] = await loss.data();
    loss.dispose();
    times.push(performance.now() - start);
    const used = process.cpuUsage(cpuStart);
    cpu.push((used.user + used.system) / 1000);
    if (!Number.isFinite(l)) throw new Error('loss is not finite');
  }
  const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
  const { sessionsCompiled, compileMs } = engine.stats();
  const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(
    name.padEnd(10),
    `step ${median(times.slice(5)).toFixed(1)} ms, cpu ${median(cpu.slice(5)).toFixed(1)} ms, recording ${median(record.slice(5)).toFixed(1)} ms, first ${times[0].toFixed(0)} ms, second ${times[1].toFixed(0)} ms, sessions ${sessionsCompiled}, compile ${compileMs.toFixed(0)} ms, rss ${rss} MiB, tensors ${tf.memory().numTensors}`,
  );
}
