import { describe, expect, it } from '@jest/globals';
import { Outcome, Verdict } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { Interruption } from '../cli-io.js';
import { exitCodeOf, exitCodeOfFailure } from './exit-code.js';

const { VERDICT_BACKDOORED, VERDICT_CLEAN, VERDICT_INCONCLUSIVE } = Verdict;
const { OUTCOME_NOT_REPAIRED, OUTCOME_REPAIRED } = Outcome;

describe('exitCodeOf', () => {
  it.each([
    [VERDICT_CLEAN, undefined, 0],
    [VERDICT_BACKDOORED, OUTCOME_REPAIRED, 0],
    [VERDICT_BACKDOORED, OUTCOME_NOT_REPAIRED, 2],
    [VERDICT_BACKDOORED, undefined, 2],
    [VERDICT_INCONCLUSIVE, undefined, 3],
    [VERDICT_INCONCLUSIVE, OUTCOME_REPAIRED, 0],
    [VERDICT_INCONCLUSIVE, OUTCOME_NOT_REPAIRED, 3],
    [undefined, OUTCOME_NOT_REPAIRED, 2],
    [Verdict.UNRECOGNIZED, undefined, 2],
  ])('verdict %s, outcome %s: %s', (verdict, outcome, code) => {
    expect(exitCodeOf(verdict, outcome)).toBe(code);
  });
});

describe('exitCodeOfFailure', () => {
  it('is the signal’s only when the failure is the interruption', () => {
    const interruption = new Interruption(130);
    expect(exitCodeOfFailure(interruption, interruption)).toBe(130);
    const cancelled = new UbtError('cancelled', 'stopped', { code: 'CANCELLED' });
    expect(exitCodeOfFailure(cancelled, interruption)).toBe(130);
    expect(exitCodeOfFailure(cancelled, undefined)).toBe(1);
    expect(exitCodeOfFailure(new Error('disk'), interruption)).toBe(1);
  });
});
