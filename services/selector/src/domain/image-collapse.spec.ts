import { describe, expect, it } from '@jest/globals';
import { meanPairwiseCosine } from './image-collapse.js';

describe('meanPairwiseCosine', () => {
  const embeddings = Float32Array.of(1, 0, 1, 0, 0, 1);

  it('is 1 for vectors on one direction', () =>
    expect(meanPairwiseCosine(embeddings, 2, [0, 1])).toBeCloseTo(1));
  it('is 0 for orthogonal vectors', () => expect(meanPairwiseCosine(embeddings, 2, [0, 2])).toBeCloseTo(0));
  it('averages over all pairs', () =>
    expect(meanPairwiseCosine(embeddings, 2, [0, 1, 2])).toBeCloseTo(1 / 3));
});
