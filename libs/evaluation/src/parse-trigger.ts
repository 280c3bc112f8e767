import { readFile } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import { triggerSchema, type Trigger } from './trigger.js';

/**
 * Checks a trigger and fills in the defaults.
 *
 * @param value the parsed content of a `trigger.json`
 * @param source its name for messages
 * @throws UbtError `TRIGGER_INVALID` naming every field at fault
 */
export function parseTrigger(value: unknown, source = 'trigger.json'): Trigger {
  const parsed = triggerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map(({ path, message }) => ({
    field: path.length === 0 ? source : `${source}: ${path.join('.')}`,
    reason: message,
  }));
  const first = violations[0]!;
  throw new UbtError('invalid-argument', `${first.field}: ${first.reason}.`, {
    code: 'TRIGGER_INVALID',
    fix: 'Use a trigger.json as `ubt redteam poison` writes it.',
    violations,
  });
}

/**
 * Reads a `trigger.json`.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `TRIGGER_INVALID`
 */
export async function readTrigger(path: string): Promise<Trigger> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UbtError('invalid-argument', `${path} is not JSON: ${(error as Error).message}.`, {
      code: 'TRIGGER_INVALID',
      fix: 'Use a trigger.json as `ubt redteam poison` writes it.',
      cause: error,
    });
  }
  return parseTrigger(value, path);
}
