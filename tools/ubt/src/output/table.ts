/**
 * Lines of a table with aligned columns.
 *
 * @param rows equally long rows, the first one the header
 * @param right whether all columns but the first are aligned to the right, as numbers are
 */
export function table(rows: readonly (readonly string[])[], right = true): string[] {
  const [header] = rows;
  if (header === undefined) return [];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => align(cell, widths[column] ?? 0, right && column > 0)),
  );
  const rule = widths.map((width) => '─'.repeat(width));
  return [...lines.slice(0, 1), rule, ...lines.slice(1)].map((cells) => `  ${cells.join('   ')}`.trimEnd());
}

function align(cell: string, width: number, right: boolean): string {
  const padding = ' '.repeat(width - [...cell].length);
  return right ? padding + cell : cell + padding;
}
