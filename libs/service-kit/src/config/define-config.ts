import { UbtError, type FieldViolation } from '@ubt/errors';
import type { z } from 'zod';
import { redactSecrets } from '../telemetry/redact-secrets.js';
import { allowedValues } from './allowed-values.js';

/** Environment variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

declare module 'zod' {
  interface GlobalMeta {
    /** Name of the variable, where it is not `UBT_` and the key in SCREAMING_SNAKE_CASE. */
    env?: string;
    /** The value never appears in messages or logs. */
    secret?: boolean;
    /** What is allowed, in words, where the schema does not say it itself. */
    allowed?: string;
  }
}

/** Name of the environment variable that sets a key: `maxJobs` is `UBT_MAX_JOBS`. */
export function variableName(key: string, field: z.ZodType): string {
  return field.meta()?.env ?? `UBT_${key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`;
}

/**
 * Reads a configuration from environment variables: one variable per key of the schema, an empty one counts
 * as unset. The result is frozen.
 *
 * @throws UbtError `invalid-argument`, code CONFIG_INVALID, with every bad variable, its value (secrets
 *   redacted) and what is allowed
 */
export function defineConfig<S extends z.ZodObject>(schema: S, env: Environment): Readonly<z.output<S>> {
  const raw: Record<string, string> = {};
  for (const [key, field] of fieldsOf(schema)) {
    const value = env[variableName(key, field)];
    if (value !== undefined && value !== '') raw[key] = value;
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw invalidConfig(schema, raw, parsed.error);
  return Object.freeze(parsed.data);
}

/** The keys of a schema with their types. */
export function fieldsOf(schema: z.ZodObject): [string, z.ZodType][] {
  return Object.entries(schema.shape) as [string, z.ZodType][];
}

function invalidConfig(schema: z.ZodObject, raw: Record<string, string>, error: z.ZodError): UbtError {
  const violations = error.issues.map((issue): FieldViolation => {
    const key = issue.path[0];
    const field = typeof key === 'string' ? (schema.shape[key] as z.ZodType | undefined) : undefined;
    if (typeof key !== 'string' || field === undefined) {
      return { field: 'environment', reason: issue.message };
    }
    return { field: variableName(key, field), reason: reasonOf(field, raw[key], issue.message) };
  });
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  return new UbtError('invalid-argument', `The configuration is not valid: ${list}.`, {
    code: 'CONFIG_INVALID',
    fix: 'Set these environment variables to allowed values; the README of the service lists them.',
    violations,
    cause: error,
  });
}

function reasonOf(field: z.ZodType, value: string | undefined, message: string): string {
  const allowed = `allowed: ${allowedValues(field)}`;
  if (value === undefined) return `is not set (${allowed})`;
  const shown = field.meta()?.secret === true ? '(hidden)' : redactSecrets(JSON.stringify(value));
  return `is ${shown} (${message}; ${allowed})`;
}
