import type { ClipModel, EmbeddingModel } from '@ubt/clip';
import * as tf from '@tensorflow/tfjs-core';
import { batchCosines, measurePairs } from '../embed-pairs.js';
import { keepOnSuccess } from '../keep-on-success.js';
import type { Measure } from '../measure.js';
import { overfit } from '../overfit.js';
import { splitByRank } from '../split-by-rank.js';
import type { Detection, DetectionInput, DetectionMethod } from './detection-method.js';
import { trackOverfitting } from './track-overfitting.js';

/**
 * The gain `c' − c` in cosine that a pair takes from overfitting the weakly similar pairs, where `c` is the
 * cosine under the suspect model and `c'` the one after overfitting (reconstruction of the detector of
 * arXiv 2409.19526). The pairs to overfit are those of lowest cosine under the reference model if there is
 * one, else under the suspect itself.
 *
 * Works while the poisoned pairs are not yet fully learned, as after a short fine-tuning: once their cosine
 * is high there is nothing to gain, see `overfit-span`.
 */
export const overfitGain: DetectionMethod = {
  name: 'overfit-gain',
  needsReference: false,
  detect: (input) => keepOnSuccess((keep) => detectByGain(input, keep)),
  async scoreOnline(suspect, { lifted }, batch) {
    const cosines = tf.tidy(() =>
      tf.stack([batchCosines(suspect, batch), batchCosines({ ...suspect, clip: lifted! }, batch)]),
    );
    const values = await cosines.data();
    cosines.dispose();
    return Array.from({ length: batch.size }, (_, i) => {
      const similarity = values[i] as number;
      return { similarity, score: (values[batch.size + i] as number) - similarity };
    });
  },
};

/** The first pass: the cosine under the suspect, and under the reference where there is one. */
export const similarityMeasure: Measure<
  'similarity' | 'referenceSimilarity',
  { readonly suspect: EmbeddingModel; readonly reference: EmbeddingModel | undefined }
> = {
  name: 'similarity-and-reference',
  apply: (batch, { suspect, reference }) => {
    const similarity = batchCosines(suspect, batch);
    const isAlone = reference === undefined;
    return { similarity, referenceSimilarity: isAlone ? similarity : batchCosines(reference, batch) };
  },
};

/** The second pass: the cosine under the overfitted model. */
export const liftedMeasure: Measure<'cosine', { readonly lifted: EmbeddingModel }> = {
  name: 'lifted',
  apply: (batch, { lifted }) => ({ cosine: batchCosines(lifted, batch) }),
};

async function detectByGain(
  input: DetectionInput,
  keep: (model: ClipModel) => ClipModel,
): Promise<Detection> {
  const { suspect, reference, pairs, options, signal, progress } = input;
  const { rows, columns } = await measurePairs(pairs, { suspect, reference }, similarityMeasure, {
    ...{ signal, precision: options.precision },
    onBatch: (done) => progress('scoring before overfitting', done, pairs.length, 'pairs'),
  });
  const [weak, rest] = splitByRank(rows, columns.referenceSimilarity, options.suspectFraction);
  const tracked = trackOverfitting(input, 'overfitting', 1);
  const lifted = keep(
    await overfit(suspect, pairs.draw(weak, options.seed), pairs.draw(rest, options.seed + 1), {
      ...tracked.options,
      target: 1,
    }),
  );
  const after = await measurePairs(pairs, { lifted: { ...suspect, clip: lifted } }, liftedMeasure, {
    ...{ signal, precision: options.precision },
    onBatch: (done) => progress('scoring after overfitting', done, pairs.length, 'pairs'),
  });
  return {
    rows,
    scores: after.columns.cosine.map((cosine, i) => cosine - (columns.similarity[i] as number)),
    signals: { ...columns, overfittedSimilarity: after.columns.cosine },
    curve: tracked.curve,
    overfitted: { lifted },
  };
}
