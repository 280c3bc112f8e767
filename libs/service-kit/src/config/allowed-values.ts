import { z } from 'zod';

/** The part of a JSON schema that says which values a field takes. */
export interface FieldSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** A field's JSON schema, as the program sees the value. */
export function fieldSchema(field: z.ZodType): FieldSchema {
  return z.toJSONSchema(field, { io: 'output', unrepresentable: 'any' }) as FieldSchema;
}

/** Which values a configuration field takes, in a few words: `integer from 0 to 65535`, `json | text`. */
export function allowedValues(field: z.ZodType): string {
  const declared = field.meta()?.allowed;
  if (declared !== undefined) return declared;
  const schema = fieldSchema(field);
  if (schema.enum !== undefined) return schema.enum.map(String).join(' | ');
  if (schema.const !== undefined) return String(schema.const);
  if (schema.type === 'boolean') return 'true | false';
  if (schema.type === 'integer' || schema.type === 'number') return numberRange(schema);
  if (schema.format === 'uri') return 'a URL';
  if (schema.pattern !== undefined) return `text that matches ${schema.pattern}`;
  return 'text';
}

function numberRange(schema: FieldSchema): string {
  const limited = (bound: number | undefined) =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined;
  const from = limited(schema.minimum);
  const above = limited(schema.exclusiveMinimum);
  const to = limited(schema.maximum);
  const below = limited(schema.exclusiveMaximum);
  return [
    schema.type,
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(' ');
}
