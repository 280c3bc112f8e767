import { readFile } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';
import type { z } from 'zod';

/**
 * Parses and checks JSON text that another stage wrote.
 *
 * @param place file, or file:line, for the error
 * @throws UbtError STAGE_FILE_MALFORMED
 */
export function parseStageFile<T>(text: string, schema: z.ZodType<T>, place: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw malformed(place, 'it is not JSON', cause);
  }
  return checkStageData(json, schema, place);
}

/** Checks data that another stage wrote. @throws UbtError STAGE_FILE_MALFORMED */
export function checkStageData<T>(data: unknown, schema: z.ZodType<T>, place: string): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw malformed(
    place,
    `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'does not fit'}`,
    parsed.error,
  );
}

/** {@link parseStageFile} for a whole file. @throws UbtError STAGE_FILE_MALFORMED, FILE_NOT_FOUND */
export async function readStageFile<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  return parseStageFile(text, schema, path);
}

function malformed(place: string, why: string, cause: unknown): UbtError {
  return new UbtError('data-loss', `${place} is not what a stage wrote: ${why}.`, {
    code: 'STAGE_FILE_MALFORMED',
    fix: 'Run the stage that writes this file again with this version of UBT.',
    cause,
  });
}
