import { describe, expect, it } from '@jest/globals';
import type { SoakRun } from './run-soak.js';
import { renderSoak, type SoakReport } from './soak-report.js';

const run = (given: Partial<SoakRun>): SoakRun => ({
  ...{ runId: 'soak-1', fault: 'kill-worker:detector', strike: { note: 'at 5 %', hit: true }, seconds: 4 },
  ...{ outcome: 'completed', artifacts: 12, attempts: { detector: 2 }, resumed: {}, scoresDigest: 'ab' },
  violations: [],
  ...given,
});
const report = (runs: SoakRun[]): SoakReport => ({
  ...{
    schemaVersion: 1,
    command: 'npm run test:soak',
    seed: 1,
    pairs: 160,
    commit: 'abc',
    date: '2026-11-23',
  },
  ...{ machine: 'a machine', runs },
});

describe('renderSoak', () => {
  it('counts runs by fault and says that everything held', () => {
    const failed = run({ fault: 'disk-full', outcome: 'failed', reason: 'selector: DISK_FULL' });
    const text = renderSoak(
      report([run({ fault: 'none' }), run({}), run({ strike: { note: '', hit: false } }), failed]),
    );
    expect(text).toContain('3 disturbed runs');
    expect(text).toContain('1 of them missed');
    expect(text).toContain('everything held');
    expect(text).toContain('| kill-worker:detector | 1 | 1 | 2 | 0 | 2 | 0 |');
    expect(text).toContain('| disk-full | 1 | 0 | 0 | 1 (selector: DISK_FULL) | 2 | 0 |');
  });

  it('names what was broken, and what was taken over', () => {
    const resumed = {
      detector: [
        {
          ...{ attempt: 1, phase: 'scoring pairs', doneBefore: 42, safe: 40, resumedAt: 40 },
          ...{ total: 160, unit: 'pairs' },
        },
      ],
    };
    const text = renderSoak(report([run({ resumed, violations: ['selector has 2 jobs'] })]));
    expect(text).toContain('1 broke a rule');
    expect(text).toContain('  - selector has 2 jobs');
    expect(text).toContain('| soak-1 | detector | scoring pairs | 42 | 40 | 40 | 160 pairs |');
  });
});
