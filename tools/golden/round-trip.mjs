/**
 * Cleaned models in the libraries they came from: every model of libs/clip/fixtures is loaded, changed, saved and read
 * by transformers or open_clip, whose logits are compared with ours.
 *
 *     npm run build && node tools/golden/round-trip.mjs PYTHON [--write]
 *
 * PYTHON is an interpreter with the packages of requirements.txt. `--write` records what the libraries computed, with
 * the digests of the weight files, in libs/clip/fixtures/round-trip.json: the proof where there is no Python.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { disposeClip, loadCheckpoint, saveCheckpoint } from '@ubt/clip';
import { startEngine } from '@ubt/engine';
import * as tf from '@tensorflow/tfjs-core';

const FIXTURES = join(import.meta.dirname, '../../libs/clip/fixtures');
const MODELS = ['hf-vit', 'hf-vit-bf16-sharded', 'open-clip-vit', 'open-clip-resnet'];

const [, , python, option] = process.argv;
const engine = await startEngine({ threads: 1 });
const root = await mkdtemp(join(tmpdir(), 'ubt-round-trip-'));
const record = {};
try {
  for (const name of MODELS) {
    const folder = join(root, name);
    await saveChanged(name, folder);
    const golden = join(FIXTURES, `${name}.golden.safetensors`);
    const script = join(import.meta.dirname, 'verify.py');
    const { stdout } = await promisify(execFile)(python, [script, folder, golden, '--logits']);
    record[name] = { weights: await digests(folder), logits: JSON.parse(stdout) };
    console.log(`${name}: read by its library`);
  }
  const file = join(FIXTURES, 'round-trip.json');
  if (option === '--write') await writeFile(file, `${JSON.stringify(record, null, 1)}\n`);
  else compare(JSON.parse(await readFile(file, 'utf8')));
} finally {
  await rm(root, { recursive: true, force: true });
  await engine.dispose();
}

/** Every weight times 1 + 2⁻⁶: exact arithmetic, so the files are the same on every machine. */
async function saveChanged(name, folder) {
  const checkpoint = await loadCheckpoint(join(FIXTURES, name));
  for (const variable of checkpoint.model.weights.values()) {
    const values = (await variable.data()).map((value) => Math.fround(value * (1 + 2 ** -6)));
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, 'float32')));
  }
  await saveCheckpoint(checkpoint, folder);
  disposeClip(checkpoint.model);
}

async function digests(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort();
  const pairs = names.map(async (name) => [
    name,
    createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex'),
  ]);
  return Object.fromEntries(await Promise.all(pairs));
}

function compare(expected) {
  for (const name of MODELS) {
    const sameFiles = JSON.stringify(record[name].weights) === JSON.stringify(expected[name].weights);
    const worst = Math.max(
      ...record[name].logits.flat().map((value, at) => Math.abs(value - expected[name].logits.flat()[at])),
    );
    console.log(
      `${name}: weight files ${sameFiles ? 'as recorded' : 'DIFFER'}, logits to ${worst.toExponential(1)}`,
    );
    if (!sameFiles || !(worst <= 1e-4)) process.exitCode = 1;
  }
}
