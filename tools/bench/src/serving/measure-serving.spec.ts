import { describe, expect, it } from '@jest/globals';
import { fifths, quantile } from './measure-serving.js';
import { renderServing, type ServingResults } from './serving-table.js';

it('quantile gives a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([quantile(values, 0.5), quantile(values, 0.99), quantile([7], 0.99), quantile([], 0.5)]).toEqual([
    50, 99, 7, 0,
  ]);
});

it('fifths gives the last value of each', () => {
  expect(fifths([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toEqual([2, 4, 6, 8, 10]);
  expect(fifths([3])).toEqual([3, 3, 3, 3, 3]);
});

describe('renderServing', () => {
  const row = {
    ...{ side: 'detector' as const, pairsPerSecond: 1234.4, p50: 10.04, p99: 99.96, failed: 0 },
    ...{ memoryMiB: [100, 101, 101, 101, 102], probes: { answered: 9, lost: 0, longest: 12.4 } },
    jobRan: undefined,
  };
  const results: ServingResults = {
    ...{
      schemaVersion: 1,
      command: 'npm run bench:serving',
      commit: 'abc',
      measuredAt: '2026-11-23T00:00:00Z',
    },
    ...{ machine: 'a machine', load: { streams: 64, pairs: 200, window: 8, threads: 2 } },
    rows: [row, { ...row, side: 'detector beside a job', jobRan: false }],
    limit: { limit: 64, asked: 16, refused: 16, otherwise: 0 },
    ...{ missing: 'python3 cannot import torch', scoreDifference: undefined },
  };

  it('shows the loads, the limit, and why there is no peer', () => {
    const text = renderServing(results);
    expect(text).toMatch(/\| detector +\| +1234 \| +10\.0 \| +100\.0 \| +0 \| +100, 101, 101, 101, 102 \|/);
    expect(text).toContain('9 answered, 0 lost, 12');
    expect(text).toContain('beside a job (which ended before the load did)');
    expect(text).toContain('16 of 16 more were refused');
    expect(text).toContain('PyTorch was not measured: python3 cannot import torch');
  });

  it('tells how far the peer’s scores are from ours', () => {
    expect(renderServing({ ...results, missing: undefined, scoreDifference: 0.00012 })).toContain('1.2e-4');
  });
});
