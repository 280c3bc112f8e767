import { describe, expect, it } from '@jest/globals';
import { measures, victimResult } from '../../test/sample-results.js';
import { bestLearningRate } from './best-learning-rate.js';

describe('bestLearningRate', () => {
  it('takes the lowest attack success among rates that cost at most two points', () => {
    expect(bestLearningRate([victimResult()], 'fine-tuned')).toBe(0.001);
  });

  it('refuses a rate that ruins the model', () => {
    const ruinous = { baseline: 'fine-tuned', learningRate: 0.01, seconds: 20, after: measures(0.3, 0) };
    const result = victimResult();
    expect(bestLearningRate([{ ...result, baselines: [ruinous, ...result.baselines] }], 'fine-tuned')).toBe(
      0.001,
    );
  });

  it('takes the least harm when every rate costs more', () => {
    const baselines = [
      { baseline: 'fine-tuned', learningRate: 0.01, seconds: 20, after: measures(0.3, 0) },
      { baseline: 'fine-tuned', learningRate: 0.003, seconds: 20, after: measures(0.5, 0.2) },
    ];
    expect(bestLearningRate([victimResult({ baselines })], 'fine-tuned')).toBe(0.003);
  });

  it('decides on the mean over seeds, for each baseline, and on nothing without runs', () => {
    expect(bestLearningRate([victimResult()], 'par')).toBeUndefined();
    const other = victimResult({
      seed: 12,
      baselines: [
        { baseline: 'fine-tuned', learningRate: 0.001, seconds: 20, after: measures(0.5, 0) },
        { baseline: 'fine-tuned', learningRate: 0.0001, seconds: 20, after: measures(0.6, 0.8) },
      ],
    });
    expect(bestLearningRate([victimResult(), other], 'fine-tuned')).toBe(0.0001);
    expect(bestLearningRate([victimResult({ baselines: [] })], 'fine-tuned')).toBeUndefined();
  });
});
