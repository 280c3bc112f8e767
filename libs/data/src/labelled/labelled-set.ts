import type { ImageLimits } from '../images/image-limits.js';

/** Labelled images to measure a model on. */
export interface LabelledSet {
  /** Class names; a label is a place in this list. */
  readonly classes: readonly string[];
  readonly images: readonly LabelledImage[];
  /**
   * The bytes of an image, as stored.
   *
   * @throws UbtError `IMAGE_TOO_LARGE`, `FILE_NOT_FOUND`, `PATH_OUTSIDE_ROOTS`, `S3_…`
   */
  readonly readImage: (imagePath: string, limits?: ImageLimits) => Promise<Uint8Array>;
}

/** One labelled image. */
export interface LabelledImage {
  /** Absolute path, or `s3://` URI. To read it, use {@link LabelledSet.readImage}. */
  readonly imagePath: string;
  /** Place of its class in the list of classes, from 0. */
  readonly label: number;
}
