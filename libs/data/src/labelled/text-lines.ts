import { readFile } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';

/**
 * Class names, one a line; empty lines are left out, the order is kept.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `CLASSES_INVALID` (none, or one twice)
 */
export async function readClassNames(path: string): Promise<string[]> {
  const names = await readLines(path);
  const seen = new Map<string, number>();
  for (const [line, name] of names) {
    const first = seen.get(name);
    if (first !== undefined)
      throw invalid('CLASSES_INVALID', `${path}:${line}`, `"${name}" is on line ${first} too`);
    seen.set(name, line);
  }
  if (names.length === 0) throw invalid('CLASSES_INVALID', path, 'it names no class');
  return names.map(([, name]) => name);
}

/**
 * Prompt templates, one a line, `{}` where the class name goes.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `TEMPLATES_INVALID` (none, or one without `{}`)
 */
export async function readTemplates(path: string): Promise<string[]> {
  const templates = await readLines(path);
  for (const [line, template] of templates) {
    if (!template.includes('{}')) throw invalid('TEMPLATES_INVALID', `${path}:${line}`, 'it has no {}');
  }
  if (templates.length === 0) throw invalid('TEMPLATES_INVALID', path, 'it holds no template');
  return templates.map(([, template]) => template);
}

async function readLines(path: string): Promise<[line: number, text: string][]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw UbtError.from(error);
  });
  return text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n/)
    .map((line, index): [number, string] => [index + 1, line.trim()])
    .filter(([, line]) => line !== '');
}

function invalid(code: string, place: string, reason: string): UbtError {
  return new UbtError('invalid-argument', `${place}: ${reason}.`, {
    code,
    fix: 'Write one entry a line.',
    violations: [{ field: place, reason }],
  });
}
