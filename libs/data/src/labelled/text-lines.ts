import { readFile } from 'node:fs/promises';
import { UbtError } from '@ubt/errors';

/** Classes of a labelled set. */
export interface ClassList {
  readonly names: readonly string[];
  /** Identifiers beside the names, such as ImageNet's `n01440764`, which labels may use; parallel to the names. */
  readonly ids?: readonly string[];
}

const IDENTIFIED = /^(n\d{8})[\s:,]+(.+)$/;

/**
 * Class names: one a line, as a JSON or Python list, as ImageNet's `n01440764 tench, Tinca tinca` (the first name is
 * taken) or its `{"0": ["n01440764", "tench"], …}`. Empty lines are left out, the order is kept. Names may occur twice
 * only where identifiers tell them apart.
 *
 * @throws UbtError `FILE_NOT_FOUND`, `CLASSES_INVALID` (none, or one twice)
 */
export async function readClasses(path: string): Promise<ClassList> {
  const entries = (await readEntries(path, 'CLASSES_INVALID')).map(([place, text]) => {
    const [, id, names] = IDENTIFIED.exec(text) ?? [];
    const name = names === undefined ? text : names.split(',')[0]!;
    return { place, id, name: name.replaceAll('_', ' ').trim() };
  });
  const seen = new Map<string, string>();
  for (const { place, id, name } of entries) {
    const first = seen.get(id ?? name);
    if (first !== undefined) throw invalid('CLASSES_INVALID', place, `"${id ?? name}" is on ${first} too`);
    seen.set(id ?? name, place.slice(path.length + 1).replace(/^(?=\d)/, 'line '));
  }
  if (entries.length === 0) throw invalid('CLASSES_INVALID', path, 'it names no class');
  const ids = entries.flatMap(({ id }) => id ?? []);
  const names = entries.map(({ name }) => name);
  return ids.length === names.length ? { names, ids } : { names };
}

/** The names of {@link readClasses}. */
export async function readClassNames(path: string): Promise<string[]> {
  return [...(await readClasses(path)).names];
}

/**
 * Prompt templates with `{}` where the class name goes: one a line, or a JSON or Python list, also of functions
 * (`lambda c: f'a photo of a {c}.'`, as CLIP's 80 are published).
 *
 * @throws UbtError `FILE_NOT_FOUND`, `TEMPLATES_INVALID` (none, or one without `{}`)
 */
export async function readTemplates(path: string): Promise<string[]> {
  const templates = (await readEntries(path, 'TEMPLATES_INVALID')).map(
    ([place, text]) => [place, text.replaceAll(/\{\w+\}/g, '{}')] as const,
  );
  for (const [place, template] of templates) {
    if (!template.includes('{}')) throw invalid('TEMPLATES_INVALID', place, 'it has no {}');
  }
  if (templates.length === 0) throw invalid('TEMPLATES_INVALID', path, 'it holds no template');
  return templates.map(([, template]) => template);
}

type Entry = readonly [place: string, text: string];

async function readEntries(path: string, code: string): Promise<Entry[]> {
  const lines = await readLines(path);
  const whole = lines.map(([, line]) => line).join('\n');
  const isJson = whole.startsWith('{"') || whole.startsWith('["');
  if (isJson) return jsonEntries(path, whole, code);
  return lines.flatMap(([number, line]) =>
    unquoted(line).map((text) => [`${path}:${number}`, text] as const),
  );
}

function jsonEntries(path: string, text: string, code: string): Entry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(code, path, `it is no JSON (${(error as Error).message})`);
  }
  return Object.entries(value as Record<string, unknown>).map(([key, entry]) => {
    const parts: unknown[] = Array.isArray(entry) ? entry : [entry];
    if (parts.length === 0 || parts.length > 2 || !parts.every((part) => typeof part === 'string')) {
      throw invalid(code, `${path}:${key}`, 'it is neither a name nor a pair of identifier and name');
    }
    return [`${path}:${key}`, parts.join(' ')] as const;
  });
}

/** A line of a Python list gives its strings (and nothing for its brackets); any other line is taken as it is. */
function unquoted(line: string): string[] {
  if (/^(?:\w+\s*=\s*)?[[(]$|^[\])],?$/.test(line)) return [];
  const isList = /^(?:\w+\s*=\s*)?[[(]?\s*(?:lambda \w+:\s*)?f?["'].*["']\s*,?\s*[\])]?,?$/.test(line);
  if (!isList) return [line];
  const strings = [...line.matchAll(/f?(["'])((?:\\.|(?!\1).)*)\1/g)];
  return strings.map(([, , text]) => text!.replaceAll(/\\(.)/g, '$1'));
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
