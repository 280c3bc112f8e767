import { bytes } from '../html/format.js';
import { html, untrusted, type Content, type Markup } from '../html/markup.js';
import type { Artifact } from '../schema/artifact.js';
import type { Report } from '../schema/report-schema.js';
import { section } from './section.js';

/** Digests of everything that went in and came out, and how to get there again. */
export function provenanceSection(report: Report): Markup {
  const { inputs, outputs } = report;
  const { evaluation } = inputs;
  return section('provenance', 'Provenance', 'Everything that went in and came out, fixed by its SHA-256.', [
    artifacts('Inputs', [
      ['suspect model', inputs.model],
      ['reference model', inputs.referenceModel],
      ['pairs', inputs.pairs],
      ['labelled images', evaluation?.images],
      ['class names', evaluation?.classes],
      ['prompt templates', evaluation?.templates],
      ['trigger', evaluation?.trigger],
    ]),
    artifacts('Outputs', [
      ['cleaned model', outputs.model],
      ['scores', outputs.scores],
      ['evidence', outputs.evidence],
      ['selection', outputs.selection],
      ['suspects', outputs.suspectsCsv],
      ['pairs without suspects', outputs.cleanPairsCsv],
    ]),
    html`<h3 id="reproduce">Reproduce</h3>
      <pre><code>${lines(report.reproduce)}</code></pre>`,
  ]);
}

function artifacts(title: string, entries: readonly (readonly [string, Artifact | undefined])[]): Content {
  const present = entries.flatMap(([name, artifact]) => (artifact === undefined ? [] : [{ name, artifact }]));
  if (present.length === 0) return undefined;
  return html`<h3>${title}</h3>
    <ul class="artifacts">
      ${present.map(
        ({ name, artifact }) =>
          html`<li>
            <b>${name}</b> <small>${bytes(artifact.sizeBytes)} · ${untrusted(artifact.mediaType, 80)}</small>
            <code>${untrusted(artifact.uri, 2000)}</code>
            <code class="digest"
              >${artifact.sha256 === '' ? 'digest not computed' : `sha256 ${artifact.sha256}`}</code
            >
          </li>`,
      )}
    </ul>`;
}

/** A command keeps its line breaks; everything else in it is neutralised like any text from outside. */
function lines(command: string): Content {
  return command.split('\n').map((line, i) => [i === 0 ? '' : '\n', untrusted(line, 4000)]);
}
