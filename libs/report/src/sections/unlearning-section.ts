import { cosineChart, retainChart } from '../charts/unlearning-charts.js';
import { count, fixed } from '../html/format.js';
import { html, type Content, type Markup } from '../html/markup.js';
import type { Report } from '../schema/report-schema.js';
import type { Unlearning } from '../schema/unlearning.js';
import { facts, figure, section, settings } from './section.js';

/** How the model was made to forget; no section when nothing was unlearned. */
export function unlearningSection({ unlearning }: Report): Content {
  if (unlearning === undefined) return undefined;
  const { steps, keptStep, retainLossBefore, retainLossBudget, parameters } = unlearning;
  return section(
    'unlearning',
    'Unlearning',
    'The unlearn set has to fall into the band of unrelated pairs while the retain loss keeps its budget.',
    [
      facts([
        ['Steps', count(steps)],
        ['Kept step', keptStep === 0 ? '0 (as it came)' : count(keptStep)],
        ['Retain loss before', fixed(retainLossBefore)],
        ['Retain loss budget', fixed(retainLossBudget)],
      ]),
      curves(unlearning),
      settings(parameters),
    ],
  );
}

function curves(unlearning: Unlearning): Markup {
  if (unlearning.curve.length === 0) return html`<p class="none">No curve was recorded.</p>`;
  return html`<div class="charts">
    ${figure('Similarity of the unlearn set', cosineChart(unlearning))}
    ${figure('Loss on the retain set', retainChart(unlearning))}
  </div>`;
}
