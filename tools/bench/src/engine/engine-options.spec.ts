import { describe, expect, it } from '@jest/globals';
import { CASES } from './cases.js';
import { parseEngineOptions } from './engine-options.js';

describe('parseEngineOptions', () => {
  it('takes every case by default, the small ones for a quick run, the named ones when told', () => {
    expect(parseEngineOptions([])).toMatchObject({
      cases: CASES,
      rounds: 9,
      clock: 'wall',
      python: 'python3',
    });
    const quick = parseEngineOptions(['--quick']);
    expect(quick).toMatchObject({ cases: CASES.filter(({ small }) => small), rounds: 5 });
    expect(quick.cases.length).toBeLessThan(CASES.length);
    const named = parseEngineOptions(['--only', 'train-rn50,train-demo', '--threads', '1', '--clock', 'cpu']);
    expect(named.cases.map(({ name }) => name)).toEqual(['train-rn50', 'train-demo']);
    expect(named).toMatchObject({ threads: 1, clock: 'cpu' });
  });

  it.each([
    [['--only', 'train-gpt'], '--only train-gpt'],
    [['--clock', 'sun'], '--clock sun'],
    [['--rounds', '0'], '--rounds 0'],
    [['--colour'], '--colour'],
  ])('refuses %j, naming the option', (args, named) => {
    expect(() => parseEngineOptions(args)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(named) }),
    );
  });
});
