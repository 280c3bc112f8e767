/** Rows of the letters below. */
export const GLYPH_HEIGHT = 5;

/** Columns of the letters below. */
export const GLYPH_WIDTH = 3;

/** Letters of 3 × 5 pixels: five rows of three, top first, as octal digits (4 is the left pixel, 1 the right). */
const GLYPHS: Readonly<Record<string, string>> = {
  ...{ A: '25755', B: '65656', C: '34443', D: '65556', E: '74647', F: '74644', G: '34553', H: '55755' },
  ...{ I: '72227', J: '11152', K: '55655', L: '44447', M: '57755', N: '65555', O: '25552', P: '65644' },
  ...{ Q: '25563', R: '65655', S: '34216', T: '72222', U: '55557', V: '55552', W: '55775', X: '55255' },
  ...{ Y: '55222', Z: '71247', '0': '75557', '1': '26227', '2': '61247', '3': '61216', '4': '55711' },
  ...{ '5': '74616', '6': '34757', '7': '71222', '8': '75757', '9': '75716', ' ': '00000' },
};

/** Whether every character of a text has a glyph. */
export function isWritable(text: string): boolean {
  return [...text].every((character) => Object.hasOwn(GLYPHS, character));
}

/**
 * The set cells of a text on one line, letters one column apart.
 *
 * @returns `[column, row]` of every set cell
 */
export function textCells(text: string): [column: number, row: number][] {
  return [...text].flatMap((character, place) =>
    [...GLYPHS[character]!].flatMap((digit, row) =>
      [4, 2, 1].flatMap((bit, column): [number, number][] =>
        (Number(digit) & bit) === 0 ? [] : [[place * (GLYPH_WIDTH + 1) + column, row]],
      ),
    ),
  );
}
