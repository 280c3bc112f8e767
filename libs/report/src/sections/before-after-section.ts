import { counted, fixed, percent, points } from '../html/format.js';
import { html, type Content, type Markup } from '../html/markup.js';
import type { Report } from '../schema/report-schema.js';
import { measuresOf, type Measure, type Reading } from './measures.js';
import { section } from './section.js';

/** What the models do on the labelled set, and the proxy that needs none. */
export function beforeAfterSection(report: Report): Markup {
  const measures = measuresOf(report);
  const withReference = measures.some(({ reference }) => reference !== undefined);
  return section(
    'before-after',
    'Before and after',
    lead(report),
    html`<table class="compare">
      <thead>
        <tr>
          <th>Measure</th>
          ${withReference ? html`<th class="n">Reference</th>` : undefined}
          <th class="n">Before</th>
          <th class="n">After</th>
          <th class="n">Change</th>
          <th class="track-head" aria-hidden="true"><span>0</span><span>100 %</span></th>
        </tr>
      </thead>
      <tbody>
        ${measures.map((measure) => row(measure, withReference))} ${proxyRow(report, withReference)}
      </tbody>
    </table>`,
  );
}

function lead({ metrics }: Report): string {
  if (metrics === undefined) {
    return 'No labelled set was given, so rates could not be measured; the trigger-free proxy needs none.';
  }
  const spread = metrics.before.standardErrors === undefined ? '' : ' ± is one standard error.';
  return `Measured on ${counted(metrics.before.images, 'labelled image')}.${spread}`;
}

function row(measure: Measure, withReference: boolean): Markup {
  const { title, explanation, before, after, reference, missing } = measure;
  const name = html`<th scope="row">${title}<small>${explanation}</small></th>`;
  if (missing !== '') {
    return html`<tr>
      ${name}
      <td class="none" colspan="${withReference ? 5 : 4}">${missing}</td>
    </tr>`;
  }
  return html`<tr>
    ${name} ${withReference ? cell('Reference', shown(reference)) : undefined}
    ${cell('Before', shown(before))} ${cell('After', shown(after))} ${cell('Change', change(measure))}
    <td class="track" aria-hidden="true">${track(before, after)}</td>
  </tr>`;
}

/** The mean cosine of the unlearn set: it falls when the shortcut goes, whoever knows the trigger. */
function proxyRow({ unlearning }: Report, withReference: boolean): Markup {
  const name = html`<th scope="row">
    Trigger-free proxy<small>mean cosine of the unlearn set; unrelated pairs lie in the band</small>
  </th>`;
  if (unlearning === undefined) {
    return html`<tr class="proxy">
      ${name}
      <td class="none" colspan="${withReference ? 5 : 4}">not measured: nothing was unlearned</td>
    </tr>`;
  }
  const { unlearnCosineBefore: before, unlearnCosineAfter: after, band } = unlearning;
  const inside = after >= band.low && after <= band.high;
  return html`<tr class="proxy">
    ${name} ${withReference ? cell('Reference', '–') : undefined} ${cell('Before', fixed(before))}
    ${cell('After', fixed(after))} ${cell('Change', `${after >= before ? '+' : ''}${fixed(after - before)}`)}
    <td class="band-note">
      band ${fixed(band.low, 2)} to ${fixed(band.high, 2)}
      <span class="badge ${inside ? 'good' : 'bad'}"
        >${inside ? 'inside' : after > band.high ? 'above' : 'below'}</span
      >
    </td>
  </tr>`;
}

function cell(label: string, content: Content): Markup {
  return html`<td class="n" data-label="${label}">${content}</td>`;
}

function shown(reading: Reading | undefined): string {
  return reading === undefined ? '–' : percent(reading.rate, reading.standardError);
}

function change({ before, after, better }: Measure): Content {
  if (before === undefined || after === undefined) return '–';
  const difference = after.rate - before.rate;
  const gain = better === 'higher' ? difference : -difference;
  const noise = Math.hypot(before.standardError ?? 0, after.standardError ?? 0);
  // Coloured only beyond the noise of the measurement, and beyond what one decimal shows.
  const tone = Math.abs(gain) <= Math.max(noise, 0.0005) ? '' : gain > 0 ? 'good' : 'bad';
  return html`<span class="change ${tone}">${points(difference)}</span>`;
}

/** A strip from 0 to 100 %: hollow dot before, solid dot after. */
function track(before: Reading | undefined, after: Reading | undefined): Markup {
  const at = (rate: number) => `${(rate * 100).toFixed(2)}%`;
  const low = Math.min(before?.rate ?? 1, after?.rate ?? 1);
  const high = Math.max(before?.rate ?? 0, after?.rate ?? 0);
  return html`<div class="strip">
    ${before && after ? html`<i class="span" style="left:${at(low)};width:${at(high - low)}"></i>` : undefined}
    ${before && html`<i class="dot" style="left:${at(before.rate)}"></i>`}
    ${after && html`<i class="dot after" style="left:${at(after.rate)}"></i>`}
  </div>`;
}
