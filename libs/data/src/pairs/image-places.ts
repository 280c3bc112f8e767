import { isAbsolute } from 'node:path';
import { isS3Uri, realPathBelow, resolveBelow } from '@ubt/artifacts';
import type { ImageLimits } from '../images/image-limits.js';
import { readImageFile } from '../images/read-image-file.js';
import { readRemoteImage } from '../images/read-remote-image.js';
import { remoteFolder, remoteNames, type RemotePairs } from './remote-pairs.js';

/** Finds and reads the images that a table of pairs names. */
export interface ImagePlaces {
  /**
   * Absolute path or `s3://` URI of an image.
   *
   * @param place where the name is written, such as `pairs.csv:17`
   * @throws UbtError `PATH_OUTSIDE_ROOTS`, `ARTIFACT_URI_INVALID`
   */
  locate(written: string, place: string): string;
  /** Its bytes, as stored. @throws UbtError `IMAGE_TOO_LARGE`, `FILE_NOT_FOUND`, `PATH_OUTSIDE_ROOTS` */
  read(imagePath: string, limits?: ImageLimits): Promise<Uint8Array>;
}

/**
 * Images on this machine and in S3. Those in S3 are read by one request each and not copied: the detector keeps
 * decoded pixels anyway, and the other stages read few.
 *
 * @param roots real paths of folders; relative names count from the first, unless the table came from S3
 */
export function imagePlaces(roots: readonly string[], remote: RemotePairs | undefined): ImagePlaces {
  const nameOf = remoteNames(remote);
  const isRemoteTable = remoteFolder(remote) !== undefined;
  return {
    locate: (written, place) =>
      isS3Uri(written) || (isRemoteTable && !isAbsolute(written))
        ? nameOf(written, place)
        : resolveBelow(roots, written, place),
    read: async (imagePath, limits) =>
      isS3Uri(imagePath)
        ? readRemoteImage(remote!.store, imagePath, limits)
        : readImageFile(await realPathBelow(roots, imagePath), limits),
  };
}
