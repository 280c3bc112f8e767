import { histogramChart } from '../charts/histogram-chart.js';
import { count, number, percent } from '../html/format.js';
import { html, untrusted, type Content, type Markup } from '../html/markup.js';
import type { Detection, Histogram } from '../schema/detection.js';
import type { Report } from '../schema/report-schema.js';
import { facts, figure, section, settings } from './section.js';

/** How the pairs were scored: distributions, quality against ground truth if known, skipped pairs. */
export function detectionSection({ detection }: Report): Markup {
  const { method, scoredPairs, skippedPairs, threshold, parameters } = detection;
  return section('detection', 'Detection', undefined, [
    facts([
      ['Method', html`<code>${untrusted(method, 80)}</code>`],
      ['Scored', count(scoredPairs)],
      ['Suspects', suspectCount(detection)],
      ['Threshold', number(threshold)],
      ['Skipped', count(skippedPairs)],
    ]),
    html`<div class="charts">${scoreFigure(detection)} ${similarityFigure(detection)}</div>`,
    quality(detection),
    settings(parameters),
    skippedPairsList(detection),
  ]);
}

function suspectCount({ suspects, scoredPairs }: Detection): string {
  if (suspects === 0 || scoredPairs === 0) return count(suspects);
  const share = (100 * suspects) / scoredPairs;
  return `${count(suspects)} (${number(Number(share.toPrecision(2)))} %)`;
}

function scoreFigure({ scoreHistogram, threshold }: Detection): Markup {
  const chart = histogramChart(scoreHistogram, {
    label: 'Suspicion scores of suspects and of other pairs',
    axis: 'suspicion score',
    mark: { value: threshold, words: 'threshold' },
  });
  return figure('Suspicion score', chart, legend(scoreHistogram));
}

function similarityFigure({ similarityHistogram }: Detection): Markup {
  const chart = histogramChart(similarityHistogram, {
    label: 'Similarity of image and caption, suspects and other pairs',
    axis: 'cosine of image and caption under the suspect model',
  });
  return figure('Similarity', chart, legend(similarityHistogram));
}

function legend({ suspects, others }: Histogram): Content {
  const sum = (counts: readonly number[]) => count(counts.reduce((total, n) => total + n, 0));
  return [
    html`<span class="key suspects">suspects (${sum(suspects)})</span> `,
    html`<span class="key others">other pairs (${sum(others)})</span>`,
  ];
}

function quality({ quality: measured }: Detection): Content {
  if (measured === undefined) return undefined;
  const { auroc, aupr, precisionAtK, k, recallAtThreshold } = measured;
  return [
    html`<h3>Quality against the known poisoned pairs</h3>`,
    facts([
      ['AUROC', auroc.toFixed(4)],
      ['AUPR', aupr.toFixed(4)],
      [`Precision at ${k}`, percent(precisionAtK)],
      ['Recall at the threshold', percent(recallAtThreshold)],
    ]),
  ];
}

function skippedPairsList({ skipped, skippedPairs }: Detection): Content {
  if (skippedPairs === 0) return undefined;
  const shown =
    skipped.length < skippedPairs ? `, the first ${skipped.length} of ${count(skippedPairs)}` : '';
  return html`<details id="skipped">
    <summary>Skipped pairs${shown}</summary>
    <table class="stack">
      <thead>
        <tr>
          <th class="n">Row</th>
          <th>Image</th>
          <th>Why</th>
        </tr>
      </thead>
      <tbody>
        ${skipped.map(
          ({ row, id, reason }) =>
            html`<tr>
              <td class="n" data-label="Row">${row}</td>
              <td data-label="Image"><code>${untrusted(id)}</code></td>
              <td data-label="Why">${untrusted(reason)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </details>`;
}
