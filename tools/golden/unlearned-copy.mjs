import { disposeClip, embeddingModel, embedPixels, loadCheckpoint, saveCheckpoint } from '@ubt/clip';
import * as tf from '@tensorflow/tfjs-core';
import { unlearn } from '../../services/unlearner/dist/domain/unlearn.js';
import { UNLEARN_DEFAULTS, unlearnSettings } from '../../services/unlearner/dist/unlearn-options.js';

const CAPTIONS = ['a photo of a cat', 'a drawing of a dog', 'bananas, apples & oranges!', 'a red car'];

/** So far below any cosine that every step goes towards it, and that the last model is the best. */
const UNREACHED = { mean: -1, low: -1, high: -1 };
const SETTINGS = {
  ...unlearnSettings(UNLEARN_DEFAULTS),
  ...{ maxSteps: 2, learningRate: 1e-3, warmupSteps: 1, checkEvery: 1, patience: 9, retainBudget: 9 },
};

/**
 * Two steps of the unlearner on a model, saved as the unlearner saves a cleaned model.
 *
 * @param source checkpoint folder
 * @param folder where the copy goes
 * @throws Error when nothing was unlearned: then there is nothing to verify
 */
export async function saveUnlearned(source, folder) {
  const checkpoint = await loadCheckpoint(source);
  const suspect = embeddingModel(checkpoint);
  const batch = (seed) => randomBatch(checkpoint, seed);
  const teacher = tf.tidy(() => embedPixels(suspect, batch(1).pixels));
  const { clip, kept } = await unlearn(
    {
      ...{ suspect, teacher, band: UNREACHED, unlearn: batch(1), heldOut: undefined, validation: batch(2) },
      ...{ retain: { next: async () => ({ done: false, value: batch(3) }) }, related: new Map() },
      trigger: undefined,
    },
    SETTINGS,
    { signal: new AbortController().signal, onStep: () => undefined, onCheck: async () => undefined },
  );
  if (kept.step === 0) throw new Error(`${source}: two steps have forgotten nothing.`);
  await saveCheckpoint({ ...checkpoint, model: clip }, folder);
  for (const model of [clip, checkpoint.model]) disposeClip(model);
  teacher.dispose();
}

function randomBatch({ tokenizer, preprocess }, seed) {
  const size = CAPTIONS.length;
  const pixels = new Uint8Array(size * preprocess.cropSize ** 2 * 3);
  for (let at = 0, state = seed; at < pixels.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    pixels[at] = state >>> 24;
  }
  const rows = CAPTIONS.map((_, at) => at);
  return { rows, pixels, tokens: tokenizer.encode(CAPTIONS), size, imageSize: preprocess.cropSize };
}
