import type { EmbeddingModel } from '@ubt/clip';
import { batchCosines, measurePairs } from '../embed-pairs.js';
import type { Measure } from '../measure.js';
import { requireReference, type DetectionMethod } from './detection-method.js';

/** The cosines under the suspect and under the reference. */
export const bothSimilaritiesMeasure: Measure<
  'similarity' | 'referenceSimilarity',
  Readonly<Record<'suspect' | 'reference', EmbeddingModel>>
> = {
  name: 'both-similarities',
  apply: (batch, { suspect, reference }) => ({
    similarity: batchCosines(suspect, batch),
    referenceSimilarity: batchCosines(reference, batch),
  }),
};

/** A low cosine of image and caption under a trusted reference model is suspicious. */
export const referenceSimilarity: DetectionMethod = {
  name: 'reference-similarity',
  needsReference: true,
  async detect(input) {
    const { suspect, pairs, options, signal, progress } = input;
    const reference = requireReference(referenceSimilarity, input);
    const { rows, columns } = await measurePairs(pairs, { suspect, reference }, bothSimilaritiesMeasure, {
      ...{ signal, precision: options.precision },
      onBatch: (done) => progress('scoring pairs', done, pairs.length, 'pairs'),
    });
    return {
      rows,
      scores: columns.referenceSimilarity.map((cosine) => -cosine),
      signals: columns,
      curve: [],
      overfitted: {},
    };
  },
};
