import type { z } from 'zod';
import { allowedValues, fieldSchema } from './allowed-values.js';
import { fieldsOf, variableName } from './define-config.js';

/**
 * The environment table of a README, in Markdown: variable, what it sets, allowed values, default. A spec of
 * each service compares its README with this, so the two cannot drift apart.
 */
export function describeConfig(schema: z.ZodObject): string {
  const rows = fieldsOf(schema).map(([key, field]) => [
    `\`${variableName(key, field)}\``,
    field.meta()?.description ?? '',
    allowedValues(field),
    defaultOf(field),
  ]);
  const header = ['Variable', 'What it sets', 'Allowed', 'Default'];
  return table([header, ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))]);
}

function defaultOf(field: z.ZodType): string {
  const value = fieldSchema(field).default;
  if (value !== undefined) return `\`${Array.isArray(value) ? value.join(',') : String(value)}\``;
  return field.safeParse(undefined).success ? 'unset' : '**required**';
}

/** Aligned as Prettier aligns it, so that formatting a README leaves the table alone. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}
