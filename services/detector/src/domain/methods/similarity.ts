import type { EmbeddingModel } from '@ubt/clip';
import { batchCosines, measurePairs } from '../embed-pairs.js';
import type { Measure } from '../measure.js';
import type { DetectionMethod } from './detection-method.js';

/** The cosine under the suspect. */
export const suspectSimilarityMeasure: Measure<'similarity', { readonly suspect: EmbeddingModel }> = {
  name: 'similarity',
  apply: (batch, { suspect }) => ({ similarity: batchCosines(suspect, batch) }),
};

/** A low cosine of image and caption under the suspect model is suspicious (CLIPScore filtering). */
export const similarity: DetectionMethod = {
  name: 'similarity',
  needsReference: false,
  async detect({ suspect, pairs, options: { precision }, signal, progress }) {
    const { rows, columns } = await measurePairs(pairs, { suspect }, suspectSimilarityMeasure, {
      ...{ signal, precision },
      onBatch: (done) => progress('scoring pairs', done, pairs.length, 'pairs'),
    });
    return {
      rows,
      scores: columns.similarity.map((cosine) => -cosine),
      signals: columns,
      curve: [],
      overfitted: {},
    };
  },
};
