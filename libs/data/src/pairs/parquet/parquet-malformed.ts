import { UbtError } from '@ubt/errors';

/** The error for a Parquet file that cannot be read; `place` is a part of it, such as `row group 3`. */
export function parquetMalformed(path: string, place: string, reason: string, cause?: unknown): UbtError {
  return new UbtError('invalid-argument', `${path}, ${place}: ${reason}.`, {
    code: 'PARQUET_MALFORMED',
    fix: 'Write the file again, or give the pairs as CSV.',
    violations: [{ field: path, reason: `${place}: ${reason}` }],
    cause,
  });
}
