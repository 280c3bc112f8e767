import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { disposeClip, loadCheckpoint } from '@ubt/clip';
import { startEngine, type BackendName } from '@ubt/engine';
import {
  temporaryDirectory,
  TINY_MODELS,
  writeTinyData,
  type TemporaryDirectory,
  type TinyData,
} from '@ubt/test-kit';
import { concatenated, relativeError } from './difference.js';

/** What is looked at of `ubt defend --json`. */
interface Defended {
  readonly verdict: string;
  readonly outcome: string;
  readonly exitCode: number;
  readonly model: string;
  readonly metrics: Readonly<Record<'before' | 'after', Measures>>;
}

interface Measures {
  readonly cleanAccuracy: number;
  readonly attackSuccessRate: number;
  readonly images: number;
}

let directory: TemporaryDirectory;
let data: TinyData;
beforeAll(async () => {
  directory = await temporaryDirectory('ubt-tensorflow-');
  const pairs = { pairs: 480, poisoned: 40, mislabelled: 0, evaluationPerClass: 8 };
  data = await writeTinyData(join(directory.path, 'data'), pairs);
});
afterAll(() => directory.remove());

it('a defence on TensorFlow repairs the model as one on ONNX Runtime does', async () => {
  const [a, b] = [await defend('onnxruntime'), await defend('tensorflow')];
  const weights = relativeError(await weightsOf(a.model), await weightsOf(b.model));
  const suspect = relativeError(await weightsOf(TINY_MODELS.backdoored), await weightsOf(b.model));
  process.stdout.write(
    `${JSON.stringify({ onnxruntime: a.metrics, tensorflow: b.metrics })}\n` +
      `cleaned models: ${weights} from each other, ${suspect} from the suspect\n`,
  );
  for (const { verdict, outcome, exitCode } of [a, b]) {
    expect({ verdict, outcome, exitCode }).toEqual({
      verdict: 'backdoored',
      outcome: 'repaired',
      exitCode: 0,
    });
  }
  expect(b.metrics.before).toEqual(a.metrics.before);
  expect(b.metrics.before.attackSuccessRate).toBeGreaterThan(0.5);
  expect(b.metrics.after.attackSuccessRate).toBeLessThan(0.05);
  // One of the images that are looked at, at most.
  const image = 1.001 / b.metrics.after.images;
  expect(Math.abs(b.metrics.after.cleanAccuracy - a.metrics.after.cleanAccuracy)).toBeLessThan(image);
  expect(Math.abs(b.metrics.after.attackSuccessRate - a.metrics.after.attackSuccessRate)).toBeLessThan(image);
  expect(weights).toBeLessThan(suspect / 10);
  // Two libraries never round alike: equal weights would mean that one of them ran twice.
  expect(weights).toBeGreaterThan(0);
});

/** Runs the built command, which runs all three services, as a user does. */
async function defend(backend: BackendName): Promise<Defended> {
  const bin = fileURLToPath(new URL('../../ubt/bin/ubt.mjs', import.meta.url));
  const out = join(directory.path, backend);
  const args = [
    ...['defend', '--model', TINY_MODELS.backdoored, '--reference', TINY_MODELS.clean, '--pairs', data.pairs],
    ...['--eval', data.evaluation, '--classes', data.classes, '--trigger', data.trigger],
    ...['--retain-pairs', '200', '--retain-batch-size', '64', '--backend', backend, '--json', '--out', out],
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [bin, ...args], {
    cwd: directory.path,
    env: { ...process.env, NODE_OPTIONS: '', UBT_THREADS: '1', UBT_DATA_DIR: join(directory.path, 'runs') },
  });
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as unknown;
  expect(report).toMatchObject({ verdict: 'backdoored' });
  return JSON.parse(stdout) as Defended;
}

async function weightsOf(folder: string): Promise<Float32Array> {
  const engine = await startEngine({ threads: 1 });
  const { model } = await loadCheckpoint(folder);
  const weights = new Map<string, Float32Array>();
  for (const [name, variable] of model.weights) {
    weights.set(name, (await variable.data<'float32'>()).slice());
  }
  disposeClip(model);
  await engine.dispose();
  return concatenated(weights);
}
