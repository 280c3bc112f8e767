import { createReadStream } from 'node:fs';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Digest } from '../digest.js';
import { s3Error } from './s3-error.js';
import type { S3Place } from './s3-place.js';

/** An object's metadata entry that holds the digest of its bytes. */
const DIGEST_ENTRY = 'sha256';
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 4;

/**
 * Uploads a file, in parts when it is large. The object appears as a whole, with its digest, or not at all.
 *
 * @param partBytes of one part; more when the file would have too many
 */
export async function uploadFile(
  client: S3Client,
  place: S3Place,
  file: Digest & { readonly local: string; readonly mediaType: string },
  partBytes: number,
): Promise<void> {
  const upload = new Upload({
    client,
    params: {
      ...{ Bucket: place.bucket, Key: place.key, ContentType: file.mediaType },
      Body: createReadStream(file.local, { highWaterMark: 1 << 20 }),
      Metadata: { [DIGEST_ENTRY]: file.sha256 },
    },
    partSize: Math.max(partBytes, Math.ceil(file.sizeBytes / MOST_PARTS)),
    queueSize: PARTS_AT_ONCE,
  });
  try {
    await upload.done();
  } catch (error) {
    throw s3Error(error, place);
  }
}

/** An object's size, entity tag and the digest it was stored with; undefined when there is no such object. */
export async function objectHead(
  client: S3Client,
  place: S3Place,
): Promise<{ sizeBytes: number; sha256: string | undefined; tag: string | undefined } | undefined> {
  if (place.key === '') return undefined;
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.key }));
    const sha256 = head.Metadata?.[DIGEST_ENTRY];
    return {
      sizeBytes: head.ContentLength ?? 0,
      tag: head.ETag,
      sha256: sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined,
    };
  } catch (error) {
    const failure = s3Error(error, place);
    if (failure.code === 'FILE_NOT_FOUND') return undefined;
    throw failure;
  }
}
