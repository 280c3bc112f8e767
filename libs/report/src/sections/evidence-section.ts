import { fixed, number, percent } from '../html/format.js';
import { html, untrusted, type Content, type Markup } from '../html/markup.js';
import type { Report } from '../schema/report-schema.js';
import type { Evidence, Selection } from '../schema/selection.js';
import { section } from './section.js';

const POINTS_TO: Record<Evidence['points'], { words: string; tone: string }> = {
  backdoor: { words: 'backdoor', tone: 'bad' },
  clean: { words: 'clean', tone: 'good' },
  neither: { words: 'neither', tone: '' },
};

/** What the verdict rests on: the measured facts, and the tokens that the suspects share. */
export function evidenceSection({ selection }: Report): Markup {
  return section('evidence', 'Evidence', 'What the verdict rests on.', [
    evidenceTable(selection.evidence),
    html`<h3>Tokens the suspects share</h3>`,
    tokenTable(selection.compromisedTokens),
  ]);
}

function evidenceTable(evidence: readonly Evidence[]): Content {
  if (evidence.length === 0) return html`<p class="none">No evidence was recorded.</p>`;
  return html`<table class="stack">
    <thead>
      <tr>
        <th>Fact</th>
        <th class="n">Value</th>
        <th class="n">Turns at</th>
        <th>Points to</th>
      </tr>
    </thead>
    <tbody>
      ${evidence.map(
        (fact) =>
          html`<tr>
            <th scope="row">${untrusted(fact.name, 80)}<small>${untrusted(fact.meaning, 400)}</small></th>
            <td class="n" data-label="Value">${number(fact.value)}</td>
            <td class="n" data-label="Turns at">
              ${fact.direction === 'above' ? '>' : '<'} ${number(fact.threshold)}
            </td>
            <td data-label="Points to">
              <span class="badge ${POINTS_TO[fact.points].tone}">${POINTS_TO[fact.points].words}</span>
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function tokenTable(tokens: Selection['compromisedTokens']): Content {
  if (tokens.length === 0) {
    return html`<p class="none">None: no token is over-represented enough among the suspects.</p>`;
  }
  const widest = Math.max(...tokens.map(({ enrichment }) => enrichment));
  return html`<table class="stack tokens">
    <thead>
      <tr>
        <th>Token</th>
        <th class="n">Among suspects</th>
        <th class="n">In all captions</th>
        <th>Enrichment</th>
      </tr>
    </thead>
    <tbody>
      ${tokens.map(
        ({ token, suspectShare, corpusShare, enrichment }) =>
          html`<tr>
            <th scope="row"><code>${untrusted(token, 60)}</code></th>
            <td class="n" data-label="Among suspects">${percent(suspectShare)}</td>
            <td class="n" data-label="In all captions">${percent(corpusShare)}</td>
            <td class="bar" data-label="Enrichment">
              <div><i style="width:${((100 * enrichment) / (widest || 1)).toFixed(1)}%"></i></div>
              <b>${fixed(enrichment, 1)}×</b>
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
