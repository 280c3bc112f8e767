import { count, fixed } from '../html/format.js';
import { html, untrusted, type Content, type Markup } from '../html/markup.js';
import type { Report } from '../schema/report-schema.js';
import { isThumbnail, type Suspect } from '../schema/selection.js';
import { section } from './section.js';

/** The most suspicious pairs. */
export function suspectsSection({ selection, outputs }: Report): Markup {
  const where = outputs.suspectsCsv === undefined ? '' : ' Every suspect is in suspects.csv.';
  return section(
    'suspects',
    'Most suspicious pairs',
    `The ${count(selection.topSuspects.length)} highest scores.${where}`,
    gallery(selection.topSuspects),
  );
}

/** The pairs that were, or would be, unlearned; no section when there are none. */
export function unlearnSetSection({ selection }: Report): Content {
  const { unlearnSet, unlearnPairs, retainPairs } = selection;
  if (unlearnPairs === 0) return undefined;
  const sample = unlearnSet.length < unlearnPairs ? ` ${count(unlearnSet.length)} are shown.` : '';
  return section(
    'unlearn-set',
    'Unlearn set',
    `${count(unlearnPairs)} pairs that agree with the shared tokens, spread over different images; ` +
      `${count(retainPairs)} pairs were retained against them.${sample}`,
    gallery(unlearnSet),
  );
}

function gallery(pairs: readonly Suspect[]): Content {
  if (pairs.length === 0) return html`<p class="none">None.</p>`;
  return html`<ul class="gallery">
    ${pairs.map(
      (pair) =>
        html`<li>
          ${thumbnail(pair)}
          <div>
            <p class="caption">${untrusted(pair.caption, 160)}</p>
            <p class="score"><b>${fixed(pair.score)}</b> ${untrusted(pair.reason, 160)}</p>
            <p class="id"><code>${untrusted(pair.id, 120)}</code> row ${pair.row}</p>
          </div>
        </li>`,
    )}
  </ul>`;
}

/** Anything but a raster image inside the file is left out: the page asks nobody for anything. */
function thumbnail({ thumbnail: uri }: Suspect): Markup {
  if (uri === undefined || !isThumbnail(uri)) return html`<span class="thumb empty">no image</span>`;
  return html`<img class="thumb" src="${uri}" alt="" loading="lazy" />`;
}
