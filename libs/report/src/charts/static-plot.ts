import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { trusted, type Markup } from '../html/markup.js';

/** Drawn size of a chart, in CSS pixels before the page scales it. */
export const CHART_WIDTH = 520;
const CHART_HEIGHT = 250;

/** Colours are the page's CSS variables, so one drawing serves light, dark and print. */
export const CHART_COLOURS = {
  suspects: 'var(--suspects)',
  others: 'var(--others)',
  accent: 'var(--accent)',
  band: 'var(--band)',
  rule: 'var(--text)',
} as const;

/**
 * An Observable Plot as static SVG. Texts in the options must be our own: nothing that came from outside is
 * drawn in a chart.
 *
 * @param label what the chart shows, for screen readers
 */
export function staticPlot(label: string, options: Plot.PlotOptions): Markup {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document,
    className: 'plot',
    width: CHART_WIDTH,
    height: CHART_HEIGHT,
    marginTop: 26,
    marginLeft: 48,
    marginBottom: 40,
    ariaLabel: label,
    ...options,
  });
  svg.setAttribute('role', 'img');
  // Plot's own style sheet repeats in every chart and fixes the size; the page's sheet styles `.plot`.
  for (const style of svg.querySelectorAll('style')) style.remove();
  return trusted(svg.outerHTML);
}
