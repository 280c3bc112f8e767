/**
 * The fields of an object that a validator never asks for: those its schema does not know. Compiled validators
 * read each declared property by name, walk all keys of a map, and look at nothing of a free-form object, so
 * what they touch tells the three apart.
 *
 * @returns paths such as `/spec/replicsa`
 */
export function unknownFields(value: unknown, validate: (value: unknown) => unknown): string[] {
  const touched = new Map<string, Touched>();
  validate(watched(value, '', touched));
  return untouched(value, '', touched);
}

interface Touched {
  readonly names: Set<string>;
  /** The keys were listed, so any key is allowed. */
  listed: boolean;
}

function watched(value: unknown, path: string, touched: Map<string, Touched>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const record = touched.get(path) ?? { names: new Set(), listed: false };
  touched.set(path, record);
  return new Proxy(value, {
    get: (target, key) => {
      if (typeof key === 'symbol') return Reflect.get(target, key) as unknown;
      record.names.add(key);
      return watched(Reflect.get(target, key), `${path}/${key}`, touched);
    },
    has: (target, key) => {
      if (typeof key === 'string') record.names.add(key);
      return Reflect.has(target, key);
    },
    ownKeys: (target) => {
      record.listed = true;
      return Reflect.ownKeys(target);
    },
  });
}

function untouched(value: unknown, path: string, touched: Map<string, Touched>): string[] {
  const record = touched.get(path);
  if (typeof value !== 'object' || value === null || record === undefined) return [];
  const isDeclared = !record.listed && !Array.isArray(value) && record.names.size > 0;
  return Object.entries(value).flatMap(([key, inner]) =>
    isDeclared && !record.names.has(key) ? [`${path}/${key}`] : untouched(inner, `${path}/${key}`, touched),
  );
}
