import * as Plot from '@observablehq/plot';
import type { Markup } from '../html/markup.js';
import type { Unlearning } from '../schema/unlearning.js';
import { CHART_COLOURS, staticPlot } from './static-plot.js';

const STEP_AXIS: Plot.ScaleOptions = {
  label: 'optimiser step',
  labelArrow: 'none',
  labelAnchor: 'center',
  ticks: 6,
};

/** The unlearn set's cosine falling into the band of unrelated pairs; the kept step is marked. */
export function cosineChart({ curve, band, keptStep }: Unlearning): Markup {
  const last = lastStep(curve);
  return staticPlot('Mean cosine of the unlearn set by step', {
    x: STEP_AXIS,
    y: { label: 'mean cosine', labelArrow: 'none', ticks: 5, grid: true, nice: true, insetTop: 14 },
    marks: [
      Plot.rect([band], { x1: 0, x2: last, y1: 'low', y2: 'high', fill: CHART_COLOURS.band }),
      Plot.text(['unrelated pairs'], { x: 0, y: band.low, textAnchor: 'start', dx: 6, dy: -8 }),
      ...course(curve, 'unlearnCosine', CHART_COLOURS.suspects),
      ...keptMark(keptStep, last),
    ],
  });
}

/** The retain loss against its budget; the kept step is marked. */
export function retainChart({ curve, retainLossBudget, keptStep }: Unlearning): Markup {
  const last = lastStep(curve);
  return staticPlot('Loss on the retain set by step', {
    x: STEP_AXIS,
    y: { label: 'retain loss (nats)', labelArrow: 'none', ticks: 5, grid: true, nice: true, insetTop: 14 },
    marks: [
      Plot.ruleY([retainLossBudget], { stroke: CHART_COLOURS.rule, strokeDasharray: '4 3' }),
      Plot.text(['budget'], { x: last, y: retainLossBudget, textAnchor: 'end', dx: -6, dy: -8 }),
      ...course(curve, 'retainLoss', CHART_COLOURS.accent),
      ...keptMark(keptStep, last),
    ],
  });
}

type CurvePoint = Unlearning['curve'][number];

function course(curve: readonly CurvePoint[], field: keyof CurvePoint, colour: string): Plot.Markish[] {
  return [
    Plot.lineY(curve, { x: 'step', y: field, stroke: colour, strokeWidth: 2 }),
    Plot.dot(curve, { x: 'step', y: field, fill: colour, r: curve.length > 60 ? 0 : 2.5 }),
  ];
}

/** The label stands on the side of the line that has room. */
function keptMark(keptStep: number, last: number): Plot.Markish[] {
  const late = keptStep > last / 2;
  return [
    Plot.ruleX([keptStep], { stroke: CHART_COLOURS.rule, strokeWidth: 1 }),
    Plot.text([`kept: step ${keptStep}`], {
      x: keptStep,
      frameAnchor: 'top',
      textAnchor: late ? 'end' : 'start',
      dx: late ? -6 : 6,
      dy: -2,
    }),
  ];
}

function lastStep(curve: readonly CurvePoint[]): number {
  return Math.max(1, ...curve.map(({ step }) => step));
}
