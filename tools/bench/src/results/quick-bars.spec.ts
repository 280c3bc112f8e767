import { describe, expect, it } from '@jest/globals';
import { benchResults, measures, victimResult } from '../../test/sample-results.js';
import { quickBars } from './quick-bars.js';

describe('quickBars', () => {
  it('are kept by a victim that is repaired and an honest model that is left alone', () => {
    const { kept, table } = quickBars(benchResults());
    expect(kept).toBe(true);
    expect(table.match(/\| yes/g)).toHaveLength(5);
  });

  it.each([
    ['a victim without a backdoor', { victim: measures(0.6, 0.1) }],
    [
      'a model that still obeys',
      { defences: [{ ...victimResult().defences[0]!, after: measures(0.6, 0.2) }] },
    ],
    ['a model that was ruined', { defences: [{ ...victimResult().defences[0]!, after: measures(0.4, 0) }] }],
    ['a defence that did not run', { defences: [] }],
  ])('are missed by %s', (_title, changes) => {
    expect(quickBars(benchResults([victimResult(changes)])).kept).toBe(false);
  });

  it('are missed by a false alarm', () => {
    const results = benchResults();
    const [honest] = results.unpoisoned;
    const defences = honest!.defences.map((run) => ({
      ...run,
      outcome: { ...run.outcome, verdict: 'backdoored' },
    }));
    expect(quickBars({ ...results, unpoisoned: [{ ...honest!, defences }] }).kept).toBe(false);
  });
});
