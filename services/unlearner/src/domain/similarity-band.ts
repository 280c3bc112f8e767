/** The range in which the cosines of unrelated images and captions lie. */
export interface SimilarityBand {
  readonly mean: number;
  /** 5 % quantile. */
  readonly low: number;
  /** 95 % quantile. */
  readonly high: number;
}

/**
 * The band of unrelated pairs.
 *
 * @param cosines cosines of images with captions that do not describe them, in [-1, 1]; at least one
 */
export function similarityBand(cosines: Float32Array): SimilarityBand {
  const sorted = Float32Array.from(cosines).sort();
  const quantile = (q: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] as number;
  const mean = sorted.reduce((sum, cosine) => sum + cosine, 0) / sorted.length;
  return { mean, low: quantile(0.05), high: quantile(0.95) };
}
