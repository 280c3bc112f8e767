import * as Plot from '@observablehq/plot';
import type { Markup } from '../html/markup.js';
import type { Histogram } from '../schema/detection.js';
import { CHART_COLOURS, staticPlot } from './static-plot.js';

/** How a histogram is labelled. */
export interface HistogramChartOptions {
  /** What the chart shows, for screen readers. */
  readonly label: string;
  /** Name of the measured quantity. */
  readonly axis: string;
  /** A value to mark with a line and these words. */
  readonly mark?: { readonly value: number; readonly words: string };
}

/** Below this many suspects their distribution has no shape. */
const FEW_SUSPECTS = 20;

interface Bin {
  readonly from: number;
  readonly to: number;
  /** Percent of the group's pairs in the bin. */
  readonly share: number;
}

/**
 * Suspects against the other pairs, each as shares of their own group: a few hundred suspects among
 * thousands would be invisible in counts.
 */
export function histogramChart(histogram: Histogram, options: HistogramChartOptions): Markup {
  const bins = occupied(histogram);
  const { mark } = options;
  return staticPlot(options.label, {
    x: { label: options.axis, labelArrow: 'none', labelAnchor: 'center', ticks: 6, nice: true },
    y: { label: '% of its group', labelArrow: 'none', ticks: 5, grid: true, insetTop: 14 },
    marks: [
      ...group(binsOf(bins, bins.others), CHART_COLOURS.others),
      Plot.ruleY([0], { stroke: CHART_COLOURS.rule }),
      ...suspectMarks(bins),
      ...(mark === undefined ? [] : markedValue(mark, bins)),
    ],
  });
}

function group(bins: readonly Bin[], colour: string): Plot.Markish[] {
  const outline = bins.flatMap(({ from, to, share }) => [
    { value: from, share },
    { value: to, share },
  ]);
  return [
    Plot.rectY(bins, { x1: 'from', x2: 'to', y: 'share', fill: colour, fillOpacity: 0.22, inset: 0 }),
    Plot.lineY(outline, { x: 'value', y: 'share', stroke: colour, strokeWidth: 1.6 }),
  ];
}

/** Shares of a handful are noise: so few suspects are dots on the axis, one per bin that holds any. */
function suspectMarks(bins: Histogram): Plot.Markish[] {
  const total = bins.suspects.reduce((sum, n) => sum + n, 0);
  const shares = binsOf(bins, bins.suspects);
  if (total >= FEW_SUSPECTS) return group(shares, CHART_COLOURS.suspects);
  const dots = shares.filter(({ share }) => share > 0).map(({ from, to }) => ({ middle: (from + to) / 2 }));
  return [Plot.dotX(dots, { x: 'middle', y: 0, r: 4, fill: CHART_COLOURS.suspects })];
}

function markedValue(
  { value, words }: { value: number; words: string },
  { edges }: Histogram,
): Plot.Markish[] {
  const late = value > ((edges[0] ?? 0) + (edges.at(-1) ?? 0)) / 2;
  return [
    Plot.ruleX([value], { stroke: CHART_COLOURS.rule, strokeDasharray: '4 3' }),
    Plot.text([words], {
      x: value,
      frameAnchor: 'top',
      textAnchor: late ? 'end' : 'start',
      dx: late ? -6 : 6,
      dy: -2,
    }),
  ];
}

function binsOf({ edges }: Histogram, counts: readonly number[]): Bin[] {
  const total = counts.reduce((sum, n) => sum + n, 0);
  return counts.map((n, i) => ({
    from: edges[i] ?? 0,
    to: edges[i + 1] ?? 0,
    share: total === 0 ? 0 : (100 * n) / total,
  }));
}

/** The histogram without the empty bins at both ends. */
function occupied(histogram: Histogram): Histogram {
  const { edges, suspects, others } = histogram;
  const filled = suspects.map((n, i) => n + (others[i] ?? 0) > 0);
  const first = filled.indexOf(true);
  if (first < 0) return histogram;
  const end = filled.lastIndexOf(true) + 1;
  return {
    edges: edges.slice(first, end + 1),
    suspects: suspects.slice(first, end),
    others: others.slice(first, end),
  };
}
