/**
 * Lines of a table with aligned columns: the first column to the left, all others to the right.
 *
 * @param rows equally long rows, the first one the header
 */
export function table(rows: readonly (readonly string[])[]): string[] {
  const [header] = rows;
  if (header === undefined) return [];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  const lines = rows.map((row) => row.map((cell, column) => align(cell, widths[column] ?? 0, column)));
  const rule = widths.map((width) => '─'.repeat(width));
  return [...lines.slice(0, 1), rule, ...lines.slice(1)].map((cells) => `  ${cells.join('   ')}`.trimEnd());
}

function align(cell: string, width: number, column: number): string {
  const padding = ' '.repeat(width - [...cell].length);
  return column === 0 ? cell + padding : padding + cell;
}
