import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { MANIFEST } from './folder-manifest.js';
import { listObjects } from './list-objects.js';
import { placeOfName } from './place-of-name.js';
import { runLimited } from './run-limited.js';
import { FILES_AT_ONCE, type S3Context } from './s3-context.js';
import { s3Error } from './s3-error.js';
import { placeBelow, type S3Place } from './s3-place.js';
import { objectHead } from './upload-file.js';

/**
 * Deletes objects below a place, manifests first: without its manifest a folder is no longer there, so that nobody
 * sees it go piece by piece.
 *
 * @param paths relative to the place
 */
export async function removeObjects(
  client: S3Client,
  place: S3Place,
  paths: readonly string[],
): Promise<void> {
  const isManifest = (path: string) => path.split('/').at(-1) === MANIFEST;
  for (const some of [paths.filter(isManifest), paths.filter((path) => !isManifest(path))]) {
    await runLimited(some, FILES_AT_ONCE, (path) => removeObject(client, placeBelow(place, path)));
  }
}

/** Deletes the object of a name, or all that lie below it. */
export async function removeArtifact({ client, writeRoot }: S3Context, name: string): Promise<void> {
  const place = placeOfName({ writeRoot }, name);
  if ((await objectHead(client, place)) !== undefined) await removeObject(client, place);
  const below = await listObjects(client, place);
  await removeObjects(
    client,
    place,
    below.map(({ path }) => path),
  );
}

async function removeObject(client: S3Client, place: S3Place): Promise<void> {
  const { bucket, key } = place;
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
    throw s3Error(error, place);
  });
}
