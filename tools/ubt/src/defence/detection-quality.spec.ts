import { describe, expect, it } from '@jest/globals';
import { detectionQuality, listQuality } from './detection-quality.js';

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
    });
  });

  it('agrees with scikit-learn on a mixed ranking', () => {
    // roc_auc_score and average_precision_score of y = [1,0,1,0,0,1], s = [.9,.8,.7,.7,.2,.1]
    const quality = detectionQuality(judged([0.9, 0.8, 0.7, 0.7, 0.2, 0.1], [0, 2, 5]), 0.75, 64);
    expect(quality?.auroc).toBeCloseTo(0.5, 10);
    expect(quality?.aupr).toBeCloseTo(1 / 3 + (1 / 3) * (2 / 4) + (1 / 3) * (3 / 6), 10);
    expect(quality).toMatchObject({ k: 6, precisionAtK: 0.5 });
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

describe('listQuality', () => {
  const truth = new Map([
    [0, true],
    [1, false],
    [2, true],
    [3, false],
  ]);

  it('tells how much of the list is poison and how much of the poison is listed', () => {
    expect(listQuality([0, 1, 3, 9], truth)).toEqual({ listed: 4, precision: 0.25, recall: 0.5 });
  });

  it('gives no share of nothing', () => {
    expect(listQuality([], truth)).toEqual({ listed: 0, recall: 0 });
    expect(listQuality([1], new Map([[1, false]]))).toEqual({ listed: 1, precision: 0 });
  });
});
