import { UbtError } from '@ubt/errors';

/** The error for a tar file that cannot be read; `at` is the byte where it went wrong. */
export function shardMalformed(path: string, at: number, reason: string, cause?: unknown): UbtError {
  return new UbtError('invalid-argument', `${path}, byte ${at}: ${reason}.`, {
    code: 'SHARD_MALFORMED',
    fix: 'Write the shard again, or leave it out.',
    violations: [{ field: path, reason: `byte ${at}: ${reason}` }],
    cause,
  });
}
