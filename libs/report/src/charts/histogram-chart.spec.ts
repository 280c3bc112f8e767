import { describe, expect, it } from '@jest/globals';
import { histogramChart } from './histogram-chart.js';

const options = { label: 'Scores', axis: 'score', mark: { value: 0.4, words: 'threshold' } };
const edges = [0, 0.25, 0.5, 0.75, 1];

describe('histogramChart', () => {
  it('draws both groups, the axis names and the marked value as plain SVG', () => {
    const { text } = histogramChart({ edges, suspects: [0, 0, 10, 30], others: [500, 300, 0, 0] }, options);
    expect(text).toMatch(/^<svg /);
    expect(text).toContain('aria-label="Scores"');
    expect(text).toContain('var(--suspects)');
    expect(text).toContain('var(--others)');
    expect(text).toContain('threshold');
    expect(text).toContain('score');
    expect(text).not.toContain('<style');
  });

  it('draws a handful of suspects as dots instead of shares', () => {
    const circles = (suspects: number[]) =>
      histogramChart({ edges, suspects, others: [500, 300, 0, 0] }, options).text.match(/<circle /g)?.length;
    expect(circles([0, 0, 1, 2])).toBe(2);
    expect(circles([0, 0, 10, 30])).toBeUndefined();
  });

  it('draws empty histograms', () => {
    const empty = histogramChart({ edges, suspects: [0, 0, 0, 0], others: [0, 0, 0, 0] }, options);
    expect(empty.text).toMatch(/^<svg /);
    expect(empty.text).not.toContain('NaN');
  });
});
