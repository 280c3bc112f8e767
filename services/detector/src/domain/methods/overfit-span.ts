import * as tf from '@tensorflow/tfjs-core';
import {
  cosines,
  embedPixels,
  imageViews,
  type ClipModel,
  type EmbeddingModel,
  type PairBatch,
} from '@ubt/clip';
import { batchCosines, embedBatch, measurePairs } from '../embed-pairs.js';
import { keepOnSuccess } from '../keep-on-success.js';
import { overfit } from '../overfit.js';
import { splitByRank } from '../split-by-rank.js';
import type { Detection, DetectionInput, DetectionMethod } from './detection-method.js';
import { trackOverfitting } from './track-overfitting.js';

/**
 * How far a pair's cosine can be moved by touching others, plus how much of it hangs on exact pixels.
 *
 * Two short overfittings start from the suspect, on the same pairs S: one lifts S to cosine 1, the other lets
 * it fall to that of unrelated pairs. The **span** `c↑ − c↓` of a pair is large when it moves along with S,
 * whatever its cosine was before: a weak backdoor shows as a gain, a fully learned one as a fall, where the
 * gain alone (arXiv 2409.19526) is blind. S holds the pairs whose cosine drops most when their image is
 * mirrored, zoomed or blurred, and those of lowest cosine (under the reference model if there is one). The
 * score is the span plus that drop, both on the scale of cosines.
 */
export const overfitSpan: DetectionMethod = {
  name: 'overfit-span',
  needsReference: false,
  detect: (input) => keepOnSuccess((keep) => detectBySpan(input, keep)),
  async scoreOnline(suspect, { lifted, fallen }, batch) {
    const measured = tf.tidy(() => {
      const { similarity, viewDrop } = measureViews(suspect, batch);
      const moved = spanCosines(suspect, { lifted: lifted!, fallen: fallen! }, batch);
      return tf.stack([similarity, tf.add(viewDrop, tf.sub(moved.lifted, moved.fallen))]);
    });
    const values = await measured.data();
    measured.dispose();
    return Array.from({ length: batch.size }, (_, i) => ({
      similarity: values[i] as number,
      score: values[batch.size + i] as number,
    }));
  },
};

async function detectBySpan(
  input: DetectionInput,
  keep: (model: ClipModel) => ClipModel,
): Promise<Detection> {
  const { pairs, signal, progress } = input;
  const { rows, columns } = await measureSuspect(input);
  const suspects = chooseSuspects(rows, columns, input.options.suspectFraction);
  const unrelated = mean(columns.unrelatedSimilarity);
  const lift = trackOverfitting(input, 'overfitting upwards', 1);
  const fall = trackOverfitting(input, 'overfitting downwards', input.options.overfitSteps + 1);
  const lifted = keep(await overfitOn(input, suspects, { ...lift.options, target: 1 }));
  const fallen = keep(await overfitOn(input, suspects, { ...fall.options, target: unrelated }));
  const after = await measurePairs(pairs, (batch) => spanCosines(input.suspect, { lifted, fallen }, batch), {
    signal,
    onBatch: (done) => progress('scoring after overfitting', done, pairs.length, 'pairs'),
  });
  const span = after.columns.lifted.map((up, i) => up - (after.columns.fallen[i] as number));
  return {
    rows,
    scores: span.map((value, i) => value + (columns.viewDrop[i] as number)),
    signals: {
      ...{ similarity: columns.similarity, viewDrop: columns.viewDrop, span },
      ...(input.reference === undefined ? {} : { referenceSimilarity: columns.referenceSimilarity }),
    },
    curve: [...lift.curve, ...fall.curve],
    overfitted: { lifted, fallen },
  };
}

type Columns = 'similarity' | 'viewDrop' | 'unrelatedSimilarity' | 'referenceSimilarity';

function measureSuspect({ suspect, reference, pairs, signal, progress }: DetectionInput) {
  return measurePairs<Columns>(
    pairs,
    (batch) => {
      const own = measureViews(suspect, batch);
      return {
        ...own,
        referenceSimilarity: reference === undefined ? own.similarity : batchCosines(reference, batch),
      };
    },
    { signal, onBatch: (done) => progress('scoring before overfitting', done, pairs.length, 'pairs') },
  );
}

/**
 * Cosine of each pair `[n]`, its mean drop over the views of the image, and the mean cosine of the image with
 * the batch's other captions.
 */
function measureViews(suspect: EmbeddingModel, batch: PairBatch) {
  const { images, texts } = embedBatch(suspect, batch);
  const similarity = cosines(images, texts);
  const views = imageViews(batch).map((pixels) => cosines(embedPixels(suspect, pixels), texts));
  const viewed = tf.div(tf.addN(views), views.length);
  const all = tf.sum(tf.matMul(images, texts, false, true), 1);
  return {
    similarity,
    viewDrop: tf.sub(similarity, viewed) as tf.Tensor1D,
    unrelatedSimilarity: tf.div(tf.sub(all, similarity), Math.max(batch.size - 1, 1)) as tf.Tensor1D,
  };
}

/** Half of S by the largest drop, half by the lowest cosine. */
function chooseSuspects(
  rows: readonly number[],
  { viewDrop, referenceSimilarity }: Record<Columns, Float32Array>,
  fraction: number,
): { weak: number[]; rest: number[] } {
  const [dropping] = splitByRank(
    rows,
    viewDrop.map((drop) => -drop),
    fraction / 2,
  );
  const [dissimilar] = splitByRank(rows, referenceSimilarity, fraction / 2);
  const weak = new Set([...dropping, ...dissimilar]);
  return { weak: [...weak].sort((a, b) => a - b), rest: rows.filter((row) => !weak.has(row)) };
}

function overfitOn(
  { suspect, pairs, options }: DetectionInput,
  { weak, rest }: { weak: readonly number[]; rest: readonly number[] },
  overfitOptions: Parameters<typeof overfit>[3],
): Promise<ClipModel> {
  return overfit(suspect, pairs.draw(weak, options.seed), pairs.draw(rest, options.seed + 1), overfitOptions);
}

function spanCosines(
  suspect: EmbeddingModel,
  { lifted, fallen }: { lifted: ClipModel; fallen: ClipModel },
  batch: PairBatch,
) {
  return {
    lifted: batchCosines({ ...suspect, clip: lifted }, batch),
    fallen: batchCosines({ ...suspect, clip: fallen }, batch),
  };
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}
