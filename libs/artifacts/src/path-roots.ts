import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { UbtError } from '@ubt/errors';

/** Whether `path` is `root` or lies below it; both absolute, nothing is read. */
export function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/**
 * Resolves a path written in a data file and refuses one that leads out of the roots.
 *
 * @param place where it is written, such as `pairs.csv:17`
 * @param roots absolute; relative paths count from the first; without any, everything is refused
 * @throws UbtError `PATH_OUTSIDE_ROOTS`
 */
export function resolveBelow(roots: readonly string[], written: string, place: string): string {
  const path = resolve(roots[0] ?? sep, written);
  if (!written.includes('\0') && roots.some((root) => isBelow(root, path))) return path;
  throw outside(written, place, roots);
}

/**
 * The real path of a file, symbolic links resolved, refused when it lies outside the roots.
 *
 * @param roots real paths
 * @throws UbtError `PATH_OUTSIDE_ROOTS`, `FILE_NOT_FOUND`
 */
export async function realPathBelow(roots: readonly string[], path: string): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    throw UbtError.from(error);
  });
  if (roots.some((root) => isBelow(root, real))) return real;
  throw outside(real, path, roots);
}

function outside(path: string, place: string, roots: readonly string[]): UbtError {
  return new UbtError('permission-denied', `${place}: ${path} lies outside ${roots.join(', ')}.`, {
    code: 'PATH_OUTSIDE_ROOTS',
    fix: 'Keep the images below the folder of the file that lists them, or allow their folder as a root.',
    violations: [{ field: place, reason: 'path leads out of the allowed roots' }],
  });
}
