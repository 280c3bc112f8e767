import { html, showControls, trusted, type Markup } from './html/markup.js';
import { STYLESHEET } from './html/stylesheet.js';
import type { Report } from './schema/report-schema.js';
import type { Span } from './schema/span.js';
import { beforeAfterSection } from './sections/before-after-section.js';
import { detectionSection } from './sections/detection-section.js';
import { evidenceSection } from './sections/evidence-section.js';
import { suspectsSection, unlearnSetSection } from './sections/pairs-section.js';
import { provenanceSection } from './sections/provenance-section.js';
import { timeSection } from './sections/time-section.js';
import { unlearningSection } from './sections/unlearning-section.js';
import { verdictSection } from './sections/verdict-section.js';
import { verdictWords } from './sections/verdict-words.js';

/** What may be drawn beside the report itself. */
export interface RenderOptions {
  /** Spans of the run's trace, drawn as a waterfall. */
  readonly spans?: readonly Span[];
}

/** Nothing loads and nothing runs, whatever a caption says: only our inline styles and inline images. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/**
 * A report as one self-contained HTML file: no script, no request, light and dark, printable. Every text is
 * escaped; captions and file names come from whoever poisoned the data.
 */
export function renderReport(report: Report, { spans = [] }: RenderOptions = {}): string {
  const title = `${verdictWords(report).title} · UBT report ${showControls(report.runId)}`;
  return page(title, [
    verdictSection(report),
    beforeAfterSection(report),
    evidenceSection(report),
    detectionSection(report),
    suspectsSection(report),
    html`${unlearnSetSection(report)}`,
    html`${unlearningSection(report)}`,
    timeSection(report, spans),
    provenanceSection(report),
  ]);
}

function page(title: string, sections: readonly Markup[]): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>
          ${trusted(STYLESHEET)}
        </style>
      </head>
      <body>
        <main>${sections}</main>
      </body>
    </html> `.text;
}
