import { describe, expect, it } from '@jest/globals';
import { parseBenchOptions, PARTS } from './bench-options.js';

describe('parseBenchOptions', () => {
  it('covers everything by default; all seeds and attacks are needed to replace the committed results', () => {
    const options = parseBenchOptions([]);
    expect(options).toMatchObject({ regime: 'fine-tuned', seeds: [11, 12, 13], classes: 'medium' });
    expect(options.attacks.map(({ name }) => name)).toEqual(['patch-2', 'patch-1', 'blend-2']);
    expect([...options.parts]).toEqual([...PARTS]);
    expect(options.complete).toBe(true);
    expect(parseBenchOptions(['--regime', 'scratch', '--only', 'victims']).complete).toBe(true);
  });

  it.each([
    [['--classes', 'fast']],
    [['--seeds', '11']],
    [['--attacks', 'patch-2']],
    [['--steps', '10']],
    [['--pairs', '500']],
    [['--fine-tuning-steps', '5']],
  ])('does not let a narrower run replace them: %j', (args) => {
    expect(parseBenchOptions(args).complete).toBe(false);
  });

  it('reads lists and numbers', () => {
    const options = parseBenchOptions([
      ...['--seeds', '1,2', '--attacks', 'blend-2,patch-1', '--only', 'none', '--classes', '20'],
    ]);
    expect(options).toMatchObject({ seeds: [1, 2], classes: 20 });
    expect(options.attacks.map(({ name }) => name)).toEqual(['patch-1', 'blend-2']);
    expect(options.parts.size).toBe(0);
  });

  it.each([
    [['--seeds', 'x']],
    [['--attacks', 'flood']],
    [['--only', 'victims,naps']],
    [['--classes', 'huge']],
    [['--regime', 'other']],
    [['--steps', '0']],
    [['--nonsense']],
    [['stray']],
  ])('refuses %j', (args) => {
    expect(() => parseBenchOptions(args)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
