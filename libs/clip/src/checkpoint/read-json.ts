import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import { locateFile } from './locate-file.js';
import { parseJson } from './parse-json.js';

/**
 * A JSON file of a model's folder; undefined when it is not there.
 *
 * @param mostBytes larger files are refused unread
 * @throws UbtError `FILE_TOO_LARGE`, `JSON_INVALID`
 */
export async function readJson(dir: string, name: string, mostBytes: number): Promise<unknown> {
  const text = await readText(dir, name, mostBytes);
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch (cause) {
    throw notJson(dir, name, cause);
  }
}

/** A UTF-8 text file of a model's folder; as {@link readJson}. */
export async function readText(dir: string, name: string, mostBytes: number): Promise<string | undefined> {
  const file = await locateFile(dir, name);
  if (file === undefined) return undefined;
  if (file.bytes > mostBytes) {
    throw new UbtError(
      'invalid-argument',
      `${join(dir, name)} has ${file.bytes} bytes; at most ${mostBytes} are read.`,
      {
        code: 'FILE_TOO_LARGE',
        fix: 'Check that this is the file that was saved with the model.',
      },
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file.path));
  } catch (cause) {
    if (cause instanceof TypeError) throw notJson(dir, name, cause);
    throw UbtError.from(cause);
  }
}

function notJson(dir: string, name: string, cause: unknown): UbtError {
  return new UbtError('invalid-argument', `${join(dir, name)} cannot be read: ${(cause as Error).message}.`, {
    code: 'JSON_INVALID',
    fix: 'Restore the file that was saved together with the weights.',
    cause,
  });
}
