import { batchCosines, measurePairs } from '../embed-pairs.js';
import { requireReference, type DetectionMethod } from './detection-method.js';

/** A low cosine of image and caption under a trusted reference model is suspicious. */
export const referenceSimilarity: DetectionMethod = {
  name: 'reference-similarity',
  needsReference: true,
  async detect(input) {
    const { suspect, pairs, signal, progress } = input;
    const reference = requireReference(referenceSimilarity, input);
    const { rows, columns } = await measurePairs(
      pairs,
      (batch) => ({
        similarity: batchCosines(suspect, batch),
        referenceSimilarity: batchCosines(reference, batch),
      }),
      { signal, onBatch: (done) => progress('scoring pairs', done, pairs.length, 'pairs') },
    );
    return {
      rows,
      scores: columns.referenceSimilarity.map((cosine) => -cosine),
      signals: columns,
      curve: [],
      overfitted: {},
    };
  },
};
