import { html, untrusted, type Content, type Markup } from '../html/markup.js';

/**
 * A titled section of the page.
 *
 * @param id anchor and style hook
 * @param lead one sentence under the title
 */
export function section(id: string, title: string, lead: Content, body: Content): Markup {
  return html`<section id="${id}" class="card">
    <h2>${title}</h2>
    ${lead === undefined || lead === '' ? undefined : html`<p class="lead">${lead}</p>`} ${body}
  </section>`;
}

/** A chart with its caption and, where two groups are drawn, their legend. */
export function figure(title: string, chart: Markup, legend?: Content): Markup {
  return html`<figure>
    <figcaption>${title}</figcaption>
    ${legend === undefined ? undefined : html`<p class="legend">${legend}</p>`} ${chart}
  </figure>`;
}

/** Names and values, side by side. */
export function facts(entries: readonly (readonly [Content, Content])[]): Markup {
  return html`<dl class="facts">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Settings that were used, behind a disclosure. */
export function settings(parameters: Readonly<Record<string, string | number | boolean>>): Content {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return undefined;
  return html`<details>
    <summary>Settings used</summary>
    ${facts(entries.map(([name, value]) => [html`<code>${untrusted(name, 80)}</code>`, untrusted(String(value))]))}
  </details>`;
}
