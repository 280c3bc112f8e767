import type { Artifact } from '../artifact.js';
import { describePlace } from './describe-place.js';
import { isVersion, MANIFEST } from './folder-manifest.js';
import { listObjects } from './list-objects.js';
import { placeOfName } from './place-of-name.js';
import type { S3Context } from './s3-context.js';
import { placeBelow, s3Uri, type S3Place } from './s3-place.js';
import { objectHead } from './upload-file.js';

/** What is stored under a name: its object, or the version of its folder that is whole. */
export async function findArtifact(
  context: S3Context,
  name: string,
  mediaType?: string,
): Promise<Artifact | undefined> {
  const named = placeOfName(context, name);
  const isFile = (await objectHead(context.client, named)) !== undefined;
  const place = isFile ? named : await versionOf(context, named);
  if (place === undefined) return undefined;
  const { isFolder, ...digest } = await describePlace(context, place);
  const type = mediaType ?? (isFolder ? 'inode/directory' : 'application/octet-stream');
  return { uri: s3Uri(place), ...digest, mediaType: type };
}

async function versionOf({ client }: S3Context, named: S3Place): Promise<S3Place | undefined> {
  const objects = await listObjects(client, named);
  const [version] = objects
    .map(({ path }) => path.split('/'))
    .filter((parts) => parts.length === 2 && parts[1] === MANIFEST && isVersion(parts[0]!));
  return version && placeBelow(named, version[0]!);
}
