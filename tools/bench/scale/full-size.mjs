/**
 * Models of true size with random weights: what loading, scoring, detecting and unlearning take.
 *
 *     node tools/bench/scale/full-size.mjs make vit-b-32 FOLDER          (or vit-l-14, rn50; small tries the script)
 *     node tools/bench/scale/full-size.mjs run FOLDER [load,score,detect,unlearn,consult [BATCH]]
 *
 * `score` embeds pairs under the frozen model, `detect` is overfit-span with one step of each overfitting instead of
 * fifteen, `unlearn` two steps with their checks, `consult` the same after a reference model has been asked. Every phase
 * runs in a process of its own; UBT_THREADS sets the engine's threads. Seconds per 1,000 pairs are those of all passes
 * over the pairs once their graphs are compiled, without the overfitting, which does not grow with them; of `unlearn`
 * those per 1,000 images that a step sees.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  clipParameterCount,
  createClip,
  createTokenizer,
  defaultPreprocess,
  embeddingModel,
  embedPixels,
  imagesPerRun,
  learnTokenizer,
  loadCheckpoint,
  saveCheckpoint,
} from '@ubt/clip';
import { startEngine } from '@ubt/engine';
import * as tf from '@tensorflow/tfjs-core';
import { detectionMethod } from '../../../services/detector/dist/domain/methods/index.js';
import { measurePairs, batchCosines } from '../../../services/detector/dist/domain/embed-pairs.js';
import { consultReference } from '../../../services/unlearner/dist/consult-reference.js';
import { unlearn } from '../../../services/unlearner/dist/domain/unlearn.js';
import { UNLEARN_DEFAULTS, unlearnSettings } from '../../../services/unlearner/dist/unlearn-options.js';

/** What a detector reads at once unless told. */
const DETECTOR_BATCH = 128;

const CAPTIONS = [
  'a photo of a red house by the sea',
  'two dogs on a street',
  'a bowl of fruit and a banana',
];

const transformer = (width, layers, heads) => ({ width, layers, heads, mlpWidth: 4 * width });
const vit = (patchSize, size, text, embedDim) => ({
  ...{ family: 'hugging-face', embedDim },
  vision: { kind: 'vit', imageSize: 224, patchSize, ...size, activation: 'quick_gelu', layerNormEps: 1e-5 },
  text,
});
const resNet = {
  ...{ family: 'open-clip', embedDim: 1024 },
  vision: { kind: 'modified-resnet', imageSize: 224, layers: [3, 4, 6, 3], width: 64, heads: 32 },
  text: transformer(512, 12, 8),
};
const PRESETS = {
  'vit-b-32': vit(32, transformer(768, 12, 12), transformer(512, 12, 8), 512),
  'vit-l-14': vit(14, transformer(1024, 24, 16), transformer(768, 12, 12), 768),
  rn50: resNet,
  small: vit(32, transformer(64, 2, 2), transformer(64, 2, 2), 32),
};

const [, , command, first, second, third] = process.argv;
const BATCH = Number(third ?? 16);
const PHASES = { load: async () => undefined, score: scoreBatches, detect, unlearn: unlearnSteps, consult };
const { signal } = new AbortController();

if (command === 'make') await make(first, second);
else if (command === 'run') await run(first, (second ?? Object.keys(PHASES).join()).split(','));
else await measured(command, first, PHASES[command]);

async function make(preset, folder) {
  const engine = await startEngine({ threads: 1 });
  const shape = PRESETS[preset];
  const tokenizer = createTokenizer(learnTokenizer(CAPTIONS, { vocabSize: 600 }), { contextLength: 77 });
  const text = {
    ...{ contextLength: 77, vocabSize: 49_408, activation: 'quick_gelu', layerNormEps: 1e-5 },
    ...{ pooling: 'argmax', eosTokenId: tokenizer.endId, ...shape.text },
  };
  const config = { ...shape, text, customText: false, logitScaleInit: 2.6592 };
  const model = createClip(config, 1);
  console.log(`${preset}: ${clipParameterCount(config).toLocaleString('en')} parameters`);
  const preprocess = defaultPreprocess(224);
  await saveCheckpoint({ model, tokenizer, preprocess, config, format: config.family }, folder);
  await engine.dispose();
}

async function run(folder, phases) {
  console.log('| phase | seconds | per 1,000 pairs | peak RSS |');
  console.log('| --- | ---: | ---: | ---: |');
  for (const phase of phases) {
    const args = [phase, folder, '', String(BATCH)];
    const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--expose-gc'] });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    if (code !== 0) process.exitCode = 1;
  }
}

/** Prints the seconds of the phase without loading, except where loading is the phase. */
async function measured(name, folder, work) {
  let started = performance.now();
  const { threads } = threadsOption();
  await startEngine({ threads });
  const checkpoint = await loadCheckpoint(folder);
  if (name !== 'load') started = performance.now();
  const perPair = await work(checkpoint, folder);
  const seconds = (performance.now() - started) / 1000;
  const perThousand = perPair === undefined ? '' : `${(1000 * perPair).toFixed(0)} s`;
  const rss = `${Math.round(process.resourceUsage().maxRSS / 1024).toLocaleString('en')} MiB`;
  console.log(`| ${[name, seconds.toFixed(1), perThousand, rss].join(' | ')} |`);
  process.exit(0);
}

function threadsOption() {
  return { threads: Number(process.env.UBT_THREADS ?? 0) };
}

/** Three batches of pairs, as a detector reads them: at most four times as many at once as are trained on. */
function pairSource(checkpoint) {
  const size = Math.min(DETECTOR_BATCH, 4 * imagesPerRun(checkpoint.config));
  const length = 3 * size;
  return {
    length,
    async *pass(rows = [...Array(length).keys()]) {
      for (let from = 0; from < rows.length; from += size) {
        const part = rows.slice(from, from + size);
        yield { ...randomBatch(checkpoint, part.length, from + 1), rows: part };
      }
    },
    draw: (_rows, seed) => ({
      next: async () => ({ done: false, value: randomBatch(checkpoint, BATCH, seed + 1) }),
    }),
    captionTokens: async (rows) => rows.map((row) => checkpoint.tokenizer.contentIds(captionOf(row + 1))),
  };
}

/** Seconds per pair of all passes together, each from the end of its first batch, which compiles the graphs. */
function passClock() {
  const passes = new Map();
  return {
    tick(pass, done) {
      const now = { done, at: performance.now() / 1000 };
      passes.set(pass, { first: passes.get(pass)?.first ?? now, last: now });
    },
    perPair: () =>
      [...passes.values()].reduce(
        (sum, { first, last }) => sum + (last.at - first.at) / (last.done - first.done),
        0,
      ),
  };
}

async function scoreBatches(checkpoint) {
  const clock = passClock();
  await measurePairs(
    pairSource(checkpoint),
    { suspect: embeddingModel(checkpoint) },
    { name: 'similarity', apply: (batch, { suspect }) => ({ similarity: batchCosines(suspect, batch) }) },
    { signal, onBatch: (done) => clock.tick('score', done) },
  );
  return clock.perPair();
}

async function detect(checkpoint) {
  const clock = passClock();
  const detection = await detectionMethod('overfit-span').detect({
    ...{ suspect: embeddingModel(checkpoint), reference: undefined, pairs: pairSource(checkpoint) },
    options: {
      ...{ overfitSteps: 1, suspectFraction: 0.25, learningRate: 1e-6, batchSize: BATCH },
      ...{ seed: 0, precision: 'float32' },
    },
    ...{ signal, progress: (phase, done, _total, unit) => unit === 'pairs' && clock.tick(phase, done) },
  });
  if (!detection.scores.every(Number.isFinite)) throw new Error('a score is not finite');
  return clock.perPair();
}

/** Unlearning with a reference model: the same folder again, which takes as much memory as any other. */
async function consult(checkpoint, folder) {
  const images = randomBatch(checkpoint, BATCH, 1);
  const { teacher } = await consultReference(folder, images, async () => undefined);
  return unlearnSteps(checkpoint, folder, teacher);
}

async function unlearnSteps(checkpoint, _folder, given) {
  const started = performance.now();
  const suspect = embeddingModel(checkpoint);
  const trigger = cornerPatch(checkpoint.preprocess.cropSize);
  const batch = (seed) => randomBatch(checkpoint, BATCH, seed);
  const teacher = given ?? tf.tidy(() => embedPixels(suspect, batch(1).pixels));
  const retain = { next: async () => ({ done: false, value: batch(5) }) };
  const settings = {
    ...unlearnSettings(UNLEARN_DEFAULTS),
    maxSteps: 2,
    learningRate: 1e-6,
    warmupSteps: 1,
    checkEvery: 1,
    patience: 9,
    retainBudget: 9,
  };
  await unlearn(
    {
      ...{ suspect, teacher, retain, band: { mean: 0, low: -0.1, high: 0.1 } },
      ...{ unlearn: batch(1), heldOut: undefined, validation: batch(2), related: new Map(), trigger },
    },
    settings,
    { signal, onStep: () => undefined, onCheck: async () => undefined },
  );
  // Each step sees the unlearn set and one batch to retain, with and without the trigger.
  return (performance.now() - started) / 1000 / (2 * 3 * BATCH);
}

/** An estimated trigger: a grey square of an eighth of the side. */
function cornerPatch(side) {
  const scale = new Float32Array(side * side * 3).fill(1);
  const offset = new Float32Array(side * side * 3);
  const edge = (side / 8) * 3;
  for (let row = 0; row < side / 8; row++) {
    scale.fill(0, row * side * 3, row * side * 3 + edge);
    offset.fill(128, row * side * 3, row * side * 3 + edge);
  }
  return { scale, offset, coverage: 1 / 64 };
}

function captionOf(number) {
  return CAPTIONS[number % CAPTIONS.length];
}

function randomBatch({ tokenizer, preprocess }, size, seed) {
  const pixels = new Uint8Array(size * preprocess.cropSize ** 2 * 3);
  for (let at = 0, state = seed; at < pixels.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[at] = state >>> 24;
  }
  const captions = Array.from({ length: size }, (_, at) => captionOf(at + seed));
  const rows = captions.map((_, at) => at);
  return { rows, pixels, tokens: tokenizer.encode(captions), size, imageSize: preprocess.cropSize };
}
