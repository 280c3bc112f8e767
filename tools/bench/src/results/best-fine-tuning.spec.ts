import { describe, expect, it } from '@jest/globals';
import { measures, victimResult } from '../../test/sample-results.js';
import { bestLearningRate } from './best-fine-tuning.js';

describe('bestLearningRate', () => {
  it('takes the lowest attack success among rates that cost at most two points', () => {
    expect(bestLearningRate([victimResult()])).toBe(0.001);
  });

  it('refuses a rate that ruins the model', () => {
    const ruinous = { learningRate: 0.01, seconds: 20, after: measures(0.3, 0) };
    const result = victimResult();
    expect(bestLearningRate([{ ...result, fineTunings: [ruinous, ...result.fineTunings] }])).toBe(0.001);
  });

  it('takes the least harm when every rate costs more', () => {
    const fineTunings = [
      { learningRate: 0.01, seconds: 20, after: measures(0.3, 0) },
      { learningRate: 0.003, seconds: 20, after: measures(0.5, 0.2) },
    ];
    expect(bestLearningRate([victimResult({ fineTunings })])).toBe(0.003);
  });

  it('decides on the mean over seeds, and on nothing without runs', () => {
    const other = victimResult({
      seed: 12,
      fineTunings: [
        { learningRate: 0.001, seconds: 20, after: measures(0.5, 0) },
        { learningRate: 0.0001, seconds: 20, after: measures(0.6, 0.8) },
      ],
    });
    expect(bestLearningRate([victimResult(), other])).toBe(0.0001);
    expect(bestLearningRate([victimResult({ fineTunings: [] })])).toBeUndefined();
  });
});
