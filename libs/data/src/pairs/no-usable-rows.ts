import { UbtError } from '@ubt/errors';
import type { SkippedRows } from './pair-manifest.js';

/** The error for a manifest without a pair that can be used. */
export function noUsableRows(file: string, total: number, skipped: SkippedRows): UbtError {
  const reasons = Object.entries(skipped.byReason).map(([reason, count]) => `${count} ${reason}`);
  const message =
    total === 0
      ? `${file} holds no pairs.`
      : `None of the ${total} rows of ${file} can be used: ${reasons.join(', ')}.`;
  return new UbtError('invalid-argument', message, {
    code: total === 0 ? 'PAIRS_EMPTY' : 'PAIRS_NO_USABLE_ROWS',
    fix: 'Give one image-caption pair a row, captions in UTF-8.',
    violations: skipped.examples.map(({ place, reason }) => ({ field: place, reason })),
  });
}
