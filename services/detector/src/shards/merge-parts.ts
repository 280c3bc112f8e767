import { UbtError } from '@ubt/errors';
import type { PassState } from '../domain/pair-source.js';
import type { PassPart } from './cut-pass.js';

/** What a part of a pass has measured. */
export type MeasuredPart = Pick<PassState, 'rows' | 'columns'> & { readonly part: PassPart };

/** A pass as a whole; the arrays are parallel. */
export interface MergedPass {
  readonly rows: readonly number[];
  readonly columns: Readonly<Record<string, Float32Array>>;
}

/**
 * Joins the parts of a pass, in order, whatever order they came in.
 *
 * @param usable manifest rows of the pass, ascending
 * @throws UbtError SHARD_RESULT_WRONG when a part holds other rows or columns than it should
 */
export function mergeParts(parts: readonly MeasuredPart[], usable: Uint32Array): MergedPass {
  const inOrder = [...parts].sort((a, b) => a.part.first - b.part.first);
  // A part whose images are all undecodable has no columns either.
  const names = Object.keys(inOrder.find(({ rows }) => rows.length > 0)?.columns ?? {});
  for (const measured of inOrder) checkPart(measured, usable, names);
  const total = inOrder.reduce((sum, { rows }) => sum + rows.length, 0);
  const columns = Object.fromEntries(names.map((name) => [name, new Float32Array(total)]));
  const rows: number[] = [];
  for (const measured of inOrder) {
    for (const name of Object.keys(measured.columns))
      columns[name]!.set(measured.columns[name]!, rows.length);
    for (const row of measured.rows) rows.push(row);
  }
  return { rows, columns };
}

function checkPart(
  { part, rows, columns }: MeasuredPart,
  usable: Uint32Array,
  names: readonly string[],
): void {
  const expected = new Set(usable.subarray(part.first, part.end));
  const isAscending = rows.every((row, at) => expected.has(row) && (at === 0 || rows[at - 1]! < row));
  const isSame = rows.length === 0 || Object.keys(columns).join() === names.join();
  if (isAscending && isSame) return;
  const where = `pairs ${part.first} to ${part.end}`;
  throw new UbtError('data-loss', `The measurements of ${where} are of other pairs or of another measure.`, {
    code: 'SHARD_RESULT_WRONG',
    fix: 'Run all replicas of the detector in one version, and start the job again.',
  });
}
