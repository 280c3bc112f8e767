import { invalidName } from '../artifact-errors.js';
import type { S3Context } from './s3-context.js';
import { isPlainPath, placeBelow, s3Uri, type S3Place } from './s3-place.js';

/** Where an artefact of this name goes. @throws UbtError `ARTIFACT_NAME_INVALID` */
export function placeOfName({ writeRoot }: Pick<S3Context, 'writeRoot'>, name: string): S3Place {
  if (!isPlainPath(name)) throw invalidName(name, s3Uri(writeRoot));
  return placeBelow(writeRoot, name);
}
