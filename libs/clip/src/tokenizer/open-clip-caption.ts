import { decodeHTML, decodeHTMLStrict } from 'entities';

/** What neither needs mending nor hides an entity; nearly all captions. */
const PLAIN = /^[\t\n !-%'-~]*$/;
const ENTITY = /&#?[0-9A-Za-z]{1,24};/g;
const C1_CONTROLS = /[\u0080-\u009f]/g;
const LIGATURES: Readonly<Record<string, string>> = {
  ...{ Ĳ: 'IJ', ĳ: 'ij', ŉ: 'ʼn', Ǳ: 'DZ', ǲ: 'Dz', ǳ: 'dz', Ǆ: 'DŽ', ǅ: 'Dž', ǆ: 'dž' },
  ...{ Ǉ: 'LJ', ǈ: 'Lj', ǉ: 'lj', Ǌ: 'NJ', ǋ: 'Nj', ǌ: 'nj' },
  ...{ ﬀ: 'ff', ﬁ: 'fi', ﬂ: 'fl', ﬃ: 'ffi', ﬄ: 'ffl', ﬅ: 'ſt', ﬆ: 'st' },
};
const LIGATURE = new RegExp(`[${Object.keys(LIGATURES).join('')}]`, 'g');
const OTHER_WIDTH = /[\u3000\uff01-\uffef]/g;
const SINGLE_QUOTES = /[\u02bc\u2018-\u201b]/g;
const DOUBLE_QUOTES = /[\u201c-\u201f]/g;
const LINE_BREAKS = /\r\n|[\r\u0085\u2028\u2029]/g;
const HALF_PAIRS = /\p{Surrogate}/gu;
const TERMINAL_ESCAPES = /\u001b\[[\d;]*[a-zA-Z]/g;
const CONTROLS = /(?![\t\n\f\r\u0080-\u009f])\p{Cc}|[\u206a-\u206f\ufeff\ufff9-\ufffc]/gu;

/** What Windows-1252 has at 0x80 to 0x9F; Node.js 20's own decoder takes it for Latin-1. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * A caption as open_clip (and OpenAI's CLIP before it) mends it before it is cut into tokens: what `ftfy.fix_text`
 * does except for guessing at wrong encodings (`Ã©` for `é` stays), then HTML entities twice, then the white space at
 * both ends. Lower case and runs of spaces are the tokenizer's. transformers does none of this.
 */
export function openClipCaption(caption: string): string {
  if (PLAIN.test(caption)) return caption.trim();
  return decodeHTML(decodeHTML(mended(caption))).trim();
}

/** ftfy mends line by line; from the first line with a `<` on it leaves entities alone, taking the text for HTML. */
function mended(text: string): string {
  let isHtml = false;
  return text
    .split(/(?<=\n)/)
    .map((line) => {
      isHtml ||= line.includes('<');
      return mendedLine(line, isHtml);
    })
    .join('');
}

/** Mending can bring forth what needs mending, such as a quote that an entity of an entity names. */
function mendedLine(line: string, isHtml: boolean): string {
  const once = (text: string) => mendedOnce(isHtml ? text : untilStable(text, withoutEntities));
  return untilStable(line, once);
}

const withoutEntities = (text: string): string => text.replace(ENTITY, character);

function untilStable(given: string, change: (text: string) => string): string {
  for (let text = given; ;) {
    const next = change(text);
    if (next === text) return text;
    text = next;
  }
}

function mendedOnce(text: string): string {
  return text
    .replace(C1_CONTROLS, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80]!)
    .replace(LIGATURE, (ligature) => LIGATURES[ligature]!)
    .replace(OTHER_WIDTH, (wide) => (wide === '\u3000' ? ' ' : wide.normalize('NFKC')))
    .replace(DOUBLE_QUOTES, '"')
    .replace(SINGLE_QUOTES, "'")
    .replace(LINE_BREAKS, '\n')
    .replace(HALF_PAIRS, '\ufffd')
    .replace(TERMINAL_ESCAPES, '')
    .replace(CONTROLS, '')
    .normalize('NFC');
}

/** The character that an entity with its semicolon names, also one that was written in capitals (`&EACUTE;`). */
function character(entity: string): string {
  const decoded = decodeHTMLStrict(entity);
  if (decoded !== entity || entity !== entity.toUpperCase() || decodeHTML(entity) !== entity) return decoded;
  const small = decodeHTMLStrict(entity.toLowerCase());
  return small === entity.toLowerCase() ? entity : small.toUpperCase();
}
