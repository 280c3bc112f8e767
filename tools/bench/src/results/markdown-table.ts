/** A column of a table: its heading, and whether it holds numbers, which stand to the right. */
export interface Column {
  readonly title: string;
  readonly numeric?: boolean;
}

/** A Markdown table with its columns aligned, as the repository's formatter leaves it; empty without rows. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = [columns.map(({ title }) => title), ...rows].map((row) => row.map(escaped));
  const widths = columns.map((_, at) => Math.max(3, ...cells.map((row) => [...(row[at] ?? '')].length)));
  const line = (row: readonly string[]) =>
    `| ${columns.map(({ numeric }, at) => pad(row[at] ?? '', widths[at]!, numeric === true)).join(' | ')} |`;
  const rule = `| ${columns
    .map(({ numeric }, at) => (numeric ? `${'-'.repeat(widths[at]! - 1)}:` : '-'.repeat(widths[at]!)))
    .join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), rule, ...body.map(line), ''].join('\n');
}

function pad(text: string, width: number, toTheRight: boolean): string {
  const space = ' '.repeat(width - [...text].length);
  return toTheRight ? space + text : text + space;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
