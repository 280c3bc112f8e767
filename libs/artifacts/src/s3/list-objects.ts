import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { s3Error } from './s3-error.js';
import type { S3Place } from './s3-place.js';

/** An object below a prefix. */
export interface ListedObject {
  /** Relative to the prefix. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Entity tag: another content has another one. */
  readonly tag: string | undefined;
}

/**
 * The objects below a place, page by page. Empty objects that consoles make to show a folder are left out.
 *
 * @param enough no further page is asked for when there are that many
 */
export async function listObjects(
  client: S3Client,
  place: S3Place,
  enough = Infinity,
): Promise<ListedObject[]> {
  const prefix = place.key === '' ? '' : `${place.key}/`;
  const found: ListedObject[] = [];
  let token: string | undefined;
  do {
    const page = await client
      .send(new ListObjectsV2Command({ Bucket: place.bucket, Prefix: prefix, ContinuationToken: token }))
      .catch((error: unknown) => {
        throw s3Error(error, place);
      });
    for (const { Key = '', Size = 0, ETag } of page.Contents ?? []) {
      if (!Key.endsWith('/')) {
        found.push({ path: Key.slice(prefix.length), sizeBytes: Size, tag: ETag });
      }
    }
    token = page.NextContinuationToken;
  } while (token !== undefined && found.length < enough);
  return found;
}
