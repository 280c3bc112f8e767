/** Labelled images to measure a model on. */
export interface LabelledSet {
  /** Class names; a label is a place in this list. */
  readonly classes: readonly string[];
  readonly images: readonly LabelledImage[];
  /** Real paths of the folders that the images may lie in. */
  readonly roots: readonly string[];
}

/** One labelled image. */
export interface LabelledImage {
  readonly imagePath: string;
  /** Place of its class in the list of classes, from 0. */
  readonly label: number;
}
