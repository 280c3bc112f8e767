import type { SkippedRows, SkipReason } from './pair-manifest.js';

const NAMED_EXAMPLES = 20;

/** Counts the rows of a manifest that are left out; the first of them are named. */
export function createSkipCount() {
  const byReason: Partial<Record<SkipReason, number>> = {};
  const examples: { place: string; reason: SkipReason }[] = [];
  let count = 0;
  return {
    /** @param place tells where the row is; called only for those that are named */
    add(reason: SkipReason, place: () => string): void {
      count += 1;
      byReason[reason] = (byReason[reason] ?? 0) + 1;
      if (examples.length < NAMED_EXAMPLES) examples.push({ place: place(), reason });
    },
    take: (): SkippedRows => ({ count, byReason, examples }),
  };
}
