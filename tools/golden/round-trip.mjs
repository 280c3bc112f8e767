/**
 * Cleaned models in the libraries they came from, which load them unmodified and whose logits are compared with ours.
 *
 *     npm run build && npm run verify:python -- PYTHON [--write]
 *     npm run build && npm run verify:python -- PYTHON FOLDER...
 *
 * PYTHON is an interpreter with the packages of requirements.txt. The first form takes every model of
 * libs/clip/fixtures twice: with all weights multiplied by 1 + 2⁻⁶, which gives the same bytes on every machine, and
 * after two steps of the unlearner. `--write` records what the libraries computed of the former, with the digests of
 * the weight files, in libs/clip/fixtures/round-trip.json: the proof where there is no Python. The second form takes
 * models that `ubt` has written. Exits with 1 when logits differ by more than 1e-4 of the largest.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeClip, loadCheckpoint, saveCheckpoint } from '@ubt/clip';
import { startEngine } from '@ubt/engine';
import * as tf from '@tensorflow/tfjs-core';
import { logitsHere, logitsThere } from './compare-logits.mjs';
import { saveUnlearned } from './unlearned-copy.mjs';

const FIXTURES = join(import.meta.dirname, '../../libs/clip/fixtures');
const RECORD = join(FIXTURES, 'round-trip.json');
const MODELS = ['hf-vit', 'hf-vit-bf16-sharded', 'open-clip-vit', 'open-clip-resnet'];
/** Of the largest logit. */
const TOLERANCE = 1e-4;

const [, , python, ...options] = process.argv;
const engine = await startEngine({ threads: 1 });
const root = await mkdtemp(join(tmpdir(), 'ubt-round-trip-'));
try {
  if (options.length > 0 && options[0] !== '--write') {
    await verify(options.map((folder) => ({ title: folder, folder })));
  } else {
    await recordOrCompare(options[0] === '--write');
    const cleaned = MODELS.map((name) => ({
      title: `${name}, unlearned`,
      folder: join(root, `${name}-unlearned`),
    }));
    for (const [at, { folder }] of cleaned.entries()) await saveUnlearned(join(FIXTURES, MODELS[at]), folder);
    await verify(cleaned);
  }
} finally {
  await rm(root, { recursive: true, force: true });
  await engine.dispose();
}

async function verify(models) {
  const places = models.map(({ folder }, at) => [folder, join(root, `inputs-${at}.safetensors`)]);
  const here = [];
  for (const place of places) here.push(await logitsHere(...place));
  const there = await logitsThere(python, places);
  for (const [at, { title }] of models.entries()) {
    const worst = largestDifference(here[at], there[at].flat());
    const [lowest, highest] = [Math.min(...here[at]), Math.max(...here[at])];
    const range = `${lowest.toFixed(2)} to ${highest.toFixed(2)}`;
    console.log(`${title}: logits of ${range} differ by ${worst.toExponential(1)} at most`);
    if (!(worst <= TOLERANCE * Math.max(1, -lowest, highest))) process.exitCode = 1;
  }
}

async function recordOrCompare(isToWrite) {
  const places = MODELS.map((name) => [join(root, name), join(FIXTURES, `${name}.golden.safetensors`)]);
  for (const [at, [folder]] of places.entries()) await saveChanged(MODELS[at], folder);
  const logits = await logitsThere(python, places);
  const record = {};
  for (const [at, name] of MODELS.entries()) {
    record[name] = { weights: await digests(places[at][0]), logits: logits[at] };
  }
  if (isToWrite) await writeFile(RECORD, `${JSON.stringify(record, null, 1)}\n`);
  const recorded = JSON.parse(await readFile(RECORD, 'utf8'));
  for (const name of MODELS) compare(name, record[name], recorded[name]);
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

function compare(name, found, recorded) {
  const areSameFiles = JSON.stringify(found.weights) === JSON.stringify(recorded.weights);
  const worst = largestDifference(found.logits.flat(), recorded.logits.flat());
  const files = areSameFiles ? 'as recorded' : 'NOT as recorded';
  console.log(`${name}, scaled: files ${files}, logits there to ${worst.toExponential(1)}`);
  if (!areSameFiles || !(worst <= TOLERANCE)) process.exitCode = 1;
}

function largestDifference(ours, theirs) {
  return Math.max(...ours.map((value, at) => Math.abs(value - theirs[at])));
}
