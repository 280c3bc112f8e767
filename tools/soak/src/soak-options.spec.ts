import { describe, expect, it } from '@jest/globals';
import { faultId } from './faults/faults.js';
import { parseSoakOptions } from './soak-options.js';

describe('parseSoakOptions', () => {
  it('runs fifty with every fault unless told', () => {
    const { runs, seed, faults, limitMs } = parseSoakOptions([]);
    expect({ runs, seed, limitMs, faults: faults.length }).toEqual({
      ...{ runs: 50, seed: 1, limitMs: 300_000, faults: 14 },
    });
  });

  it('takes a fault of one stage, or of all', () => {
    const { faults } = parseSoakOptions(['--only', 'kill-worker:selector,kill-service']);
    expect(faults.map(faultId)).toEqual([
      ...['kill-service:detector', 'kill-service:selector', 'kill-service:unlearner'],
      'kill-worker:selector',
    ]);
  });

  it.each([
    ['--only', 'bit-rot'],
    ['--runs', '0'],
    ['--seed', 'x'],
  ])('refuses %s %s', (option, value) => {
    expect(() => parseSoakOptions([option, value])).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(`${option} ${value}`) }),
    );
  });

  it('refuses what it does not know', () =>
    expect(() => parseSoakOptions(['--fast'])).toThrow(expect.objectContaining({ code: 'USAGE' })));
});
