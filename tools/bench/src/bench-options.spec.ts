import { describe, expect, it } from '@jest/globals';
import { parseBenchOptions, PARTS } from './bench-options.js';
import { REPORTED_ATTACKS } from './defence/scenarios.js';

describe('parseBenchOptions', () => {
  it('covers everything by default; all seeds and attacks are needed to replace the committed results', () => {
    const options = parseBenchOptions([]);
    expect(options).toMatchObject({ regime: 'fine-tuned', seeds: [11, 12, 13], classes: 'medium' });
    expect(options.attacks.map(({ name }) => name)).toEqual(REPORTED_ATTACKS);
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
    [['--baseline-steps', '5']],
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

  it('has every attack at every rate, the reported ones by default', () => {
    const { attacks } = parseBenchOptions(['--attacks', 'sig-2,wanet-1,badnet-0.5,two-targets-0.2']);
    expect(attacks.map(({ name, rate }) => [name, rate])).toEqual([
      ['badnet-0.5', 0.005],
      ['sig-2', 0.02],
      ['wanet-1', 0.01],
      ['two-targets-0.2', 0.002],
    ]);
    expect(parseBenchOptions([]).attacks.map(({ name }) => name)).toEqual(REPORTED_ATTACKS);
  });

  it('knows both image towers', () => {
    expect(parseBenchOptions([]).architecture).toBe('conv');
    expect(parseBenchOptions(['--architecture', 'vit']).architecture).toBe('vit');
  });

  it('narrows the quick mode to minutes, but for what is given beside it', () => {
    const options = parseBenchOptions(['--quick', '--attacks', 'blend-2']);
    expect(options).toMatchObject({ quick: true, complete: false, classes: 'fast', seeds: [1], pairs: 8000 });
    expect(options.attacks.map(({ name }) => name)).toEqual(['blend-2']);
    expect([...options.parts]).toEqual(['victims', 'unpoisoned', 'defence']);
  });

  it.each([
    [['--seeds', 'x']],
    [['--attacks', 'flood']],
    [['--only', 'victims,naps']],
    [['--classes', 'huge']],
    [['--regime', 'other']],
    [['--architecture', 'mlp']],
    [['--steps', '0']],
    [['--nonsense']],
    [['stray']],
  ])('refuses %j', (args) => {
    expect(() => parseBenchOptions(args)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
