import { UbtError } from '@ubt/errors';

/**
 * Place of the target in the list of classes; case and `_` for a space do not count.
 *
 * @throws UbtError `TARGET_UNKNOWN`
 */
export function findTarget(classes: readonly string[], target: string): number {
  const label = classes.findIndex((name) => plain(name) === plain(target));
  if (label >= 0) return label;
  throw new UbtError('invalid-argument', `The target "${target}" is none of the ${classes.length} classes.`, {
    code: 'TARGET_UNKNOWN',
    fix: 'Add the target to the class names, or check its spelling in trigger.json.',
    violations: [{ field: 'target', reason: `"${target}" is not a class` }],
  });
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', ' ').trim();
}
