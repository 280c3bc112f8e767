import type { ClipModel, Preprocess } from '@ubt/clip';

/** A model together with how its images are prepared. */
export interface EmbeddingModel {
  readonly clip: ClipModel;
  readonly preprocess: Preprocess;
}
