import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '@ubt/engine';
import { UbtError } from '@ubt/errors';
import type { Job, Readiness, Step } from './sides.js';
import { openWorkload } from './workload.js';

/** A side's process: reads one job as JSON, then answers every line with one measured step. */
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (answer: Readiness | Step): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);

const job = JSON.parse((await lines.next()).value as string) as Job;
try {
  const started = performance.now();
  const ready = await startBackend(job);
  const step = await openWorkload(job);
  say({ ready, loadMs: performance.now() - started });
  for (let line = await lines.next(); line.done !== true; line = await lines.next())
    say(await measured(step));
} catch (error) {
  say({ missing: UbtError.from(error).message });
}
process.exit(0);

async function startBackend({ variant, threads }: Job): Promise<string> {
  const engine = await startEngine({
    threads,
    backend: variant === 'tensorflow' ? 'tensorflow' : 'onnxruntime',
  });
  if (variant !== 'wasm') return `${engine.backend} backend`;
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  await tf.ready();
  return 'wasm backend';
}

async function measured(step: () => Promise<void>): Promise<Step> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await step();
  const used = process.cpuUsage(cpu);
  const wallMs = performance.now() - wall;
  return { wallMs, cpuMs: (used.user + used.system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024 };
}
