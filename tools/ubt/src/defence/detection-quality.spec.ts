import { describe, expect, it } from '@jest/globals';
import { detectionQuality } from './detection-quality.js';

const judged = (scores: readonly number[], poisoned: readonly number[]) =>
  scores.map((score, index) => ({ score, poisoned: poisoned.includes(index) }));

describe('detectionQuality', () => {
  it('is perfect when every poisoned pair is above every other', () => {
    expect(detectionQuality(judged([9, 8, 1, 0], [0, 1]), 5, 2)).toEqual({
      auroc: 1,
      aupr: 1,
      precisionAtK: 1,
      k: 2,
      recallAtThreshold: 1,
      precisionAtThreshold: 1,
    });
  });

  it('agrees with scikit-learn on a mixed ranking', () => {
    // roc_auc_score and average_precision_score of y = [1,0,1,0,0,1], s = [.9,.8,.7,.7,.2,.1]
    const quality = detectionQuality(judged([0.9, 0.8, 0.7, 0.7, 0.2, 0.1], [0, 2, 5]), 0.75, 64);
    expect(quality?.auroc).toBeCloseTo(0.5, 10);
    expect(quality?.aupr).toBeCloseTo(1 / 3 + (1 / 3) * (2 / 4) + (1 / 3) * (3 / 6), 10);
    expect(quality).toMatchObject({ k: 6, precisionAtK: 0.5, precisionAtThreshold: 0.5 });
    expect(quality?.recallAtThreshold).toBeCloseTo(1 / 3, 10);
  });

  it('calls equal scores a toss-up, in whatever order they come', () => {
    for (const poisoned of [[0], [3]]) {
      expect(detectionQuality(judged([1, 1, 1, 1], poisoned), 0)).toMatchObject({ auroc: 0.5, aupr: 0.25 });
    }
  });

  it('cannot say anything without poison or with nothing else', () => {
    expect(detectionQuality(judged([1, 2], []), 0)).toBeUndefined();
    expect(detectionQuality(judged([1, 2], [0, 1]), 0)).toBeUndefined();
  });
});
