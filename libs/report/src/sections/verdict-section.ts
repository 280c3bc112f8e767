import { counted, fixed, instant, percent } from '../html/format.js';
import { html, trusted, untrusted, type Content, type Markup } from '../html/markup.js';
import type { Report } from '../schema/report-schema.js';
import { measuresOf } from './measures.js';
import { verdictWords, type Tone } from './verdict-words.js';

const ICONS: Record<Tone, Markup> = {
  good: trusted('<path d="M7 12.5l3.4 3.4L17.2 9"/>'),
  bad: trusted('<path d="M8 8l8 8M16 8l-8 8"/>'),
  unsure: trusted('<path d="M9.3 9.4a2.8 2.8 0 1 1 4 2.6c-.9.5-1.3 1-1.3 2M12 17v.2"/>'),
};

const VERDICT_TONES: Record<Report['verdict'], Tone> = {
  clean: 'good',
  backdoored: 'bad',
  inconclusive: 'unsure',
};

const OUTCOME_TONES: Record<Report['outcome'], Tone | ''> = {
  untouched: '',
  repaired: 'good',
  'not-repaired': 'bad',
};

/** The banner: what was found, what became of the model, and why. */
export function verdictSection(report: Report): Markup {
  const { tone, title, meaning } = verdictWords(report);
  return html`<header class="banner ${tone}" id="verdict">
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="11" />
      ${ICONS[tone]}
    </svg>
    <div class="says">
      <p class="labels">
        <span class="badge ${VERDICT_TONES[report.verdict]}">${report.verdict}</span>
        <span class="badge ${OUTCOME_TONES[report.outcome]}">${report.outcome}</span>
      </p>
      <h1>${title}</h1>
      <p class="meaning">${meaning}</p>
      ${
        report.reasons.length === 0
          ? undefined
          : html`<ul>
              ${report.reasons.map((reason) => html`<li>${untrusted(reason, 600)}</li>`)}
            </ul>`
      }
    </div>
    <div class="headline">${headline(report)}</div>
    <p class="run">
      Run <code>${untrusted(report.runId, 80)}</code> · ${instant(report.createdAt)} · UBT
      ${untrusted(report.ubtVersion, 40)}
    </p>
  </header>`;
}

/** The two or three numbers that matter most. */
function headline(report: Report): Content {
  const tiles = measuresOf(report)
    .filter(({ name }) => name === 'attackSuccessRate' || name === 'cleanAccuracy')
    .flatMap(({ title, before, after }) =>
      before === undefined ? [] : [tile(title, percent(before.rate), after && percent(after.rate))],
    );
  const { unlearning, detection } = report;
  if (unlearning !== undefined && tiles.length < 2) {
    const { unlearnCosineBefore: before, unlearnCosineAfter: after } = unlearning;
    tiles.push(tile('Cosine of the unlearn set', fixed(before, 2), fixed(after, 2)));
  }
  const suspects = `of ${counted(detection.scoredPairs, 'pair')}`;
  return [...tiles, tile('Suspects', counted(detection.suspects, 'pair'), undefined, suspects)];
}

function tile(title: string, before: string, after?: string, note?: string): Markup {
  const value =
    after === undefined
      ? html`<b>${before}</b>`
      : html`<s>${before}</s> <span class="arrow" aria-label="to">→</span> <b>${after}</b>`;
  return html`<div class="tile">
    <span>${title}</span>
    <p>${value}</p>
    ${note === undefined ? undefined : html`<small>${note}</small>`}
  </div>`;
}
