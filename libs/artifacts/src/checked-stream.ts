import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { UbtError } from '@ubt/errors';
import { digestMismatch } from './artifact-errors.js';
import type { ArtifactRef } from './artifact.js';

/** A part of a file: bytes from `start` (the first unless told) up to but without `end` (all unless told). */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * A file's bytes as a stream. When the reference has a digest and the stream is of the whole file, it ends
 * with `ARTIFACT_DIGEST_MISMATCH` instead of its end if the bytes had another one. Failures are UbtErrors.
 */
export function checkedStream(
  ref: ArtifactRef,
  bytes: AsyncIterable<Buffer>,
  { start = 0, end }: ByteRange = {},
): Readable {
  const isChecked = ref.sha256 !== undefined && ref.sha256 !== '' && start === 0 && end === undefined;
  return Readable.from(isChecked ? checked(ref, bytes) : converted(bytes), { objectMode: false });
}

async function* checked(ref: ArtifactRef, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of converted(bytes)) {
    hash.update(chunk);
    yield chunk;
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== ref.sha256) throw digestMismatch(ref, { sha256 });
}

async function* converted(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    throw UbtError.from(error);
  }
}
