import { describe, expect, it } from '@jest/globals';
import { benchResults, measures, victimResult } from '../../../test/sample-results.js';
import { ATTACKS } from '../../defence/scenarios.js';
import { panelPoints } from './panel-points.js';
import { tradeOffChart } from './trade-off-chart.js';

describe('panelPoints', () => {
  it('gives means in per cent, the curve by rising learning rate', () => {
    const other = victimResult({ seed: 12, victim: measures(0.62, 0.7) });
    const { victim, curves } = panelPoints([victimResult(), other]);
    expect(victim?.accuracy).toBeCloseTo(61);
    expect(victim?.attackSuccess).toBeCloseTo(80);
    expect(curves.map(({ baseline }) => baseline)).toEqual(['fine-tuned']);
    expect(curves[0]?.points.map(({ attackSuccess }) => Math.round(attackSuccess))).toEqual([85, 40]);
  });
});

describe('tradeOffChart', () => {
  it('draws full attack success at the top of the panel and none at the bottom', () => {
    const result = victimResult({
      victim: measures(0.6, 1),
      defences: [{ ...victimResult().defences[0]!, after: measures(0.6, 0) }],
    });
    const svg = tradeOffChart(benchResults([result]), ATTACKS.slice(0, 1));
    const [, x, top] = /<circle cx="([\d.]+)" cy="([\d.]+)" r="5"/.exec(svg) ?? [];
    const [, left, y] = /<rect x="([\d.]+)" y="([\d.]+)" width="9"/.exec(svg) ?? [];
    expect(Number(top)).toBe(34);
    expect(Number(y) + 4.5).toBe(234);
    expect(Number(left) + 4.5).toBeCloseTo(Number(x), 1);
  });
});
