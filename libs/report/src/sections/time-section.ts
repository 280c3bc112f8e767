import { layoutSpans, type WaterfallRow } from '../charts/layout-spans.js';
import { bytes, count, duration } from '../html/format.js';
import { html, untrusted, type Content, type Markup } from '../html/markup.js';
import type { Report } from '../schema/report-schema.js';
import type { Span } from '../schema/span.js';
import { section } from './section.js';

/** Seconds per stage, and the trace as a waterfall when its spans are at hand. */
export function timeSection({ stages }: Report, spans: readonly Span[]): Markup {
  return section('time', 'Time', undefined, [stageTable(stages), waterfall(spans)]);
}

function stageTable(stages: Report['stages']): Markup {
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  return html`<table class="stack">
    <thead>
      <tr>
        <th>Stage</th>
        <th class="n">Time</th>
        <th class="n">Attempts</th>
        <th class="n">Peak memory</th>
        <th>Device</th>
        <th>Job</th>
      </tr>
    </thead>
    <tbody>
      ${stages.map(
        ({ stage, seconds, attempts, jobName, device, peakMemoryBytes }) =>
          html`<tr>
            <th scope="row">${untrusted(stage, 80)}</th>
            <td class="n" data-label="Time">${duration(seconds)}</td>
            <td class="n" data-label="Attempts">${count(attempts)}</td>
            <td class="n" data-label="Peak memory">
              ${peakMemoryBytes === undefined ? '–' : bytes(peakMemoryBytes)}
            </td>
            <td data-label="Device">${untrusted(device ?? '–', 80)}</td>
            <td data-label="Job"><code>${untrusted(jobName, 80)}</code></td>
          </tr>`,
      )}
      <tr class="total">
        <th scope="row">Together</th>
        <td class="n" data-label="Time">${duration(total)}</td>
        <td colspan="4"></td>
      </tr>
    </tbody>
  </table>`;
}

function waterfall(spans: readonly Span[]): Content {
  if (spans.length === 0) return undefined;
  const { rows, seconds, leftOut } = layoutSpans(spans);
  const services = [...new Set(rows.map(({ service }) => service))];
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => html`<span>${duration(share * seconds)}</span>`);
  return [
    html`<h3>Trace</h3>`,
    html`<div class="waterfall">
      <div class="line axis">
        <span></span>
        <div class="lane">${ticks}</div>
      </div>
      ${rows.map((row) => line(row, services.indexOf(row.service)))}
    </div>`,
    leftOut === 0
      ? undefined
      : html`<p class="none">
          The ${count(rows.length)} longest spans; ${count(leftOut)} shorter ones are not drawn.
        </p>`,
  ];
}

function line(row: WaterfallRow, service: number): Markup {
  const at = (share: number) => `${(share * 100).toFixed(3)}%`;
  // The duration stands where there is room: in a long bar, before one near the right edge, else behind.
  const side = row.length > 0.3 ? 'in' : row.start + row.length > 0.85 ? 'before' : 'behind';
  return html`<div class="line">
    <span class="name" style="--depth:${Math.min(row.depth, 8)}">
      ${untrusted(row.name, 80)}${row.service === '' ? undefined : html` <small>${untrusted(row.service, 40)}</small>`}
    </span>
    <div class="lane">
      <i
        class="s${service % 4}${row.failed ? ' failed' : ''} ${side}"
        style="left:${at(row.start)};width:${at(row.length)}"
      >
        <em>${row.failed ? 'failed, ' : ''}${duration(row.seconds)}</em>
      </i>
    </div>
  </div>`;
}
