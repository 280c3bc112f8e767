/** A piece of HTML that is safe to put into the page as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What a template takes: text is escaped, markup is kept, lists are joined, nothing shows as nothing. */
export type Content = string | number | Markup | undefined | readonly Content[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * HTML from a template literal. Every value is escaped for use in text and in quoted attributes, unless it is
 * {@link Markup} already; so forgetting to escape is not possible, only asking for no escape is.
 */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  const parts = strings.map((string, i) => string + textOf(values[i]));
  return new Markup(parts.join(''));
}

/** Vouches that a text is HTML of our own making. Never call it with anything that came from outside. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/**
 * Text from outside (captions, file names) as an isolated run: its writing direction, overrides included,
 * cannot reorder what stands around it. Cut after `limit` characters.
 */
export function untrusted(text: string, limit = 240): Markup {
  const characters = Array.from(showControls(text));
  const cut = characters.length > limit ? [...characters.slice(0, limit), '…'] : characters;
  return html`<bdi>${cut.join('')}</bdi>`;
}

/** Control characters as their visible pictures (U+2400 block); line ends and tabs as spaces. */
export function showControls(text: string): string {
  return text
    .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
    .replace(/[\u0000-\u001f]/g, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replace(/[\u007f-\u009f]/g, '\u2421');
}

function textOf(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
  return value.map(textOf).join('');
}
